KERNEL(tanh_backward) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        const REAL *restrict a = ROW(0, row);
        REAL *restrict da = ROW(1, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) da[i] = da[i] * (1 - a[i] * a[i]);
    }
}

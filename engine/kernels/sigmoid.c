KERNEL(sigmoid_forward) {
    const ptrdiff_t width = operands[0].width;
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict a = ROW(0, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) a[i] = (a[i] + 1) * (REAL)0.5;
        for (ptrdiff_t last = width - 1; last < operands[0].size; last += width) a[last] = 1;
    }
}

KERNEL(sigmoid_backward) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        const REAL *restrict a = ROW(0, row);
        REAL *restrict da = ROW(1, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) da[i] = da[i] * ((1 - a[i]) * a[i]);
    }
}

KERNEL(sgd) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict w = ROW(0, row);
        const REAL *restrict g = ROW(1, row);
        const REAL alpha = *ROW(2, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) w[i] = w[i] - g[i] * alpha;
    }
}

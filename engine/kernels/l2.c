KERNEL(add_l2) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        const REAL *restrict w = ROW(0, row);
        REAL *restrict g = ROW(1, row);
        const REAL share = *ROW(2, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) g[i] = g[i] + w[i] * share;
    }
}

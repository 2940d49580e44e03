KERNEL(scale) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict g = ROW(0, row);
        const REAL factor = *ROW(1, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) g[i] = g[i] * factor;
    }
}

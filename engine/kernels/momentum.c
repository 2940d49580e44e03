KERNEL(momentum) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict w = ROW(0, row), *restrict v = ROW(2, row);
        const REAL *restrict g = ROW(1, row);
        const REAL beta1 = *ROW(3, row), alpha = *ROW(4, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) {
            v[i] = v[i] * beta1 + g[i];
            w[i] = w[i] - v[i] * alpha;
        }
    }
}

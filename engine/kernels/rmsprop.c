KERNEL(rmsprop) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict w = ROW(0, row), *restrict s = ROW(2, row);
        const REAL *restrict g = ROW(1, row);
        const REAL beta2 = *ROW(3, row), alpha = *ROW(4, row), epsilon = *ROW(5, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) {
            s[i] = s[i] * beta2 + g[i] * g[i];
            w[i] = w[i] - g[i] / SQRT(s[i] + epsilon) * alpha;
        }
    }
}

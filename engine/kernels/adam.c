/* One pass over memory where the NumPy form takes ten. */
KERNEL(adam) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict w = ROW(0, row), *restrict v = ROW(2, row), *restrict s = ROW(3, row);
        const REAL *restrict g = ROW(1, row);
        const REAL beta1 = *ROW(4, row), beta2 = *ROW(5, row), alpha = *ROW(6, row), epsilon = *ROW(7, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) {
            v[i] = v[i] * beta1 + g[i];
            s[i] = s[i] * beta2 + g[i] * g[i];
            w[i] = w[i] - v[i] / (SQRT(s[i]) + epsilon) * alpha;
        }
    }
}

KERNEL(add_l1) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        const REAL *restrict w = ROW(0, row);
        REAL *restrict g = ROW(1, row);
        const REAL share = *ROW(2, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) {
            /* The sign of -0 is 0 and that of a NaN is a NaN, as np.sign has them. A compiler may take share for
               1 * share: the addition takes a subnormal share for zero as well. */
            const REAL sign = w[i] > 0 ? 1 : w[i] < 0 ? -1 : w[i] != w[i] ? w[i] : 0;
            g[i] = g[i] + sign * share;
        }
    }
}

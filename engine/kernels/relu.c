KERNEL(relu_forward) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict z = ROW(0, row);
        /* A NaN passes, and -0 becomes 0, as np.maximum(z, 0) has it. */
        for (ptrdiff_t i = 0; i < operands[0].size; i++) z[i] = z[i] > 0 || z[i] != z[i] ? z[i] : 0;
    }
}

KERNEL(relu_backward) {
    /* A compiler that knew of the 1 would take x * 1 for x, which it is not where subnormals count as zeros. */
    const volatile REAL unknown = 1;
    const REAL one = unknown;
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        const REAL *restrict a = ROW(0, row);
        REAL *restrict da = ROW(1, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) da[i] = da[i] * (a[i] > 0 ? one : 0);
    }
}

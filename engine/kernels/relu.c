KERNEL(relu_forward) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict z = ROW(0, row);
        /* A NaN passes, and -0 becomes 0, as np.maximum(z, 0) has it. */
        for (ptrdiff_t i = 0; i < operands[0].size; i++) z[i] = z[i] > 0 || z[i] != z[i] ? z[i] : 0;
    }
}

KERNEL(relu_backward) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        const REAL *restrict a = ROW(0, row);
        REAL *restrict da = ROW(1, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) da[i] = da[i] * (REAL)(a[i] > 0);
    }
}

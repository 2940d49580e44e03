KERNEL(dropout_mask) {
    const ptrdiff_t width = operands[4].width;
    /* Unknown to the compiler, as in relu_backward. */
    const volatile REAL unknown = 1;
    const REAL one = unknown;
    for (ptrdiff_t row = 0; row < operands[4].rows; row++) {
        const uint16_t *restrict words = ROW_OF(uint16_t, 0, row);
        const uint16_t last = *ROW_OF(uint16_t, 1, row);
        const REAL scale = *ROW(2, row);
        REAL *restrict mask = ROW(4, row);
        for (ptrdiff_t i = 0; i < operands[4].size; i++) mask[i] = (words[i] <= last ? one : 0) * scale;
        for (ptrdiff_t i = width - 1; i < operands[4].size; i += width) mask[i] = 1;
    }
}

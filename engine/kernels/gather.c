/* Examples ahead whose memory is asked for: a row of x may be anywhere. */
#define AHEAD 4

KERNEL(gather) {
    const ptrdiff_t width = operands[0].width, examples = operands[2].size, stride = operands[1].stride;
    const REAL *restrict x = operands[1].data;
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict out = ROW(0, row);
        const intptr_t *restrict rows = ROW_OF(intptr_t, 2, row);
        for (ptrdiff_t i = 0; i < examples; i++) {
            if (i + AHEAD < examples)
                for (ptrdiff_t line = 0; line < width; line += 64 / (ptrdiff_t)sizeof(REAL))
                    __builtin_prefetch(x + rows[i + AHEAD] * stride + line);
            memcpy(out + i * width, x + rows[i] * stride, (size_t)width * sizeof(REAL));
        }
    }
}

KERNEL(gather_targets) {
    const REAL *restrict targets = operands[1].data;
    const ptrdiff_t stride = operands[1].stride;
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict out = ROW(0, row);
        const intptr_t *restrict rows = ROW_OF(intptr_t, 2, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) out[i] = targets[rows[i] * stride];
    }
}

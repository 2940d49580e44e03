#define EXAMPLE(operation)                                                                  \
    for (ptrdiff_t i = 0; i < inputs; i++)                                                  \
        out[i] = (REAL)(float)(((double)x[i] - mean[i]) operation by[i]);                   \
    out[inputs] = 1;

/* `operands` of the kernel: out, x, rows, mean, by. */
#define GATHER(operation)                                                                   \
    const ptrdiff_t inputs = operands[1].size, examples = operands[2].size;                 \
    const double *restrict mean = operands[3].data, *restrict by = operands[4].data;        \
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {                                \
        REAL *restrict out = ROW(0, row);                                                   \
        const intptr_t *restrict rows = ROW_OF(intptr_t, 2, row);                           \
        for (ptrdiff_t example = 0; example < examples; example++, out += inputs + 1) {     \
            const uint8_t *restrict x = ROW_OF(uint8_t, 1, rows[example]);                  \
            if (example + 1 < examples)                                                     \
                for (ptrdiff_t line = 0; line < inputs; line += 64)                         \
                    __builtin_prefetch(ROW_OF(uint8_t, 1, rows[example + 1]) + line);       \
            EXAMPLE(operation)                                                              \
        }                                                                                   \
    }

/* `operands` of the kernel: out, x, mean, by. */
#define COMPUTE(operation)                                                                  \
    const ptrdiff_t inputs = operands[1].size;                                              \
    const double *restrict mean = operands[2].data, *restrict by = operands[3].data;        \
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {                                \
        REAL *restrict out = ROW(0, row);                                                   \
        const uint8_t *restrict x = ROW_OF(uint8_t, 1, row);                                \
        EXAMPLE(operation)                                                                  \
    }

KERNEL_WITH_DOUBLES(gather_bytes_multiplied) { GATHER(*) }
KERNEL_WITH_DOUBLES(gather_bytes_divided) { GATHER(/) }
KERNEL_WITH_DOUBLES(bytes_multiplied) { COMPUTE(*) }
KERNEL_WITH_DOUBLES(bytes_divided) { COMPUTE(/) }

#define EPSILON (REAL)1e-5

KERNEL(norm_centre) {
    const ptrdiff_t width = operands[1].width;
    for (ptrdiff_t row = 0; row < operands[1].rows; row++) {
        REAL *restrict average = ROW(0, row), *restrict z = ROW(1, row), *restrict squares = ROW(3, row);
        average[width - 1] = 0;
        memcpy(ROW(2, row), average, (size_t)(width - 1) * sizeof(REAL));
        for (const REAL *end = z + operands[1].size; z < end; z += width, squares += width)
            for (ptrdiff_t i = 0; i < width; i++) {
                z[i] = z[i] - average[i];
                squares[i] = z[i] * z[i];
            }
    }
}

KERNEL(norm_scale) {
    const ptrdiff_t width = operands[1].width, features = width - 1;
    for (ptrdiff_t row = 0; row < operands[1].rows; row++) {
        REAL *restrict average = ROW(0, row), *restrict inverse = ROW(5, row), *restrict scale = ROW(6, row);
        const REAL *restrict z = ROW(1, row), *restrict gamma = ROW(2, row), *restrict beta = ROW(3, row);
        REAL *restrict y = ROW(7, row);
        memcpy(ROW(4, row), average, (size_t)features * sizeof(REAL));
        for (ptrdiff_t i = 0; i < features; i++) {
            inverse[i] = 1 / SQRT(average[i] + EPSILON);
            scale[i] = gamma[i] * inverse[i];
            average[i] = beta[i];
        }
        inverse[features] = scale[features] = 1;
        average[features] = 0;
        for (const REAL *end = z + operands[1].size; z < end; z += width, y += width)
            for (ptrdiff_t i = 0; i < width; i++) y[i] = z[i] * scale[i] + average[i];
    }
}

KERNEL(norm_backward) {
    const ptrdiff_t width = operands[1].width, features = width - 1;
    for (ptrdiff_t row = 0; row < operands[1].rows; row++) {
        REAL *restrict dy = ROW(0, row), *restrict sum = ROW(2, row), *restrict other = ROW(3, row);
        const REAL *restrict z = ROW(1, row), *restrict inverse = ROW(4, row), *restrict scale = ROW(5, row);
        const REAL examples = *ROW(6, row);
        for (ptrdiff_t i = 0; i < width; i++) sum[i] = sum[i] * inverse[i];
        memcpy(ROW(7, row), sum, (size_t)features * sizeof(REAL));
        memcpy(ROW(8, row), other, (size_t)features * sizeof(REAL));
        for (ptrdiff_t i = 0; i < width; i++) {
            sum[i] = sum[i] * inverse[i] / examples;
            other[i] = other[i] / examples;
        }
        for (const REAL *end = z + operands[1].size; z < end; z += width, dy += width)
            for (ptrdiff_t i = 0; i < width; i++) dy[i] = (dy[i] - z[i] * sum[i] - other[i]) * scale[i];
    }
}

KERNEL(norm_averaged) {
    const ptrdiff_t width = operands[0].width, features = width - 1;
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict values = ROW(0, row);
        const REAL *restrict gamma = ROW(1, row), *restrict beta = ROW(2, row), *restrict mean = ROW(3, row);
        const REAL *restrict variance = ROW(4, row);
        for (ptrdiff_t block = 0; block < features; block += BLOCK) {
            const ptrdiff_t count = features - block < BLOCK ? features - block : BLOCK;
            REAL scale[BLOCK], shift[BLOCK];
            for (ptrdiff_t i = 0; i < count; i++) {
                scale[i] = gamma[block + i] / SQRT(variance[block + i] + EPSILON);
                shift[i] = beta[block + i] - mean[block + i] * scale[i];
            }
            for (ptrdiff_t place = block; place < operands[0].size; place += width)
                for (ptrdiff_t i = 0; i < count; i++) values[place + i] = values[place + i] * scale[i] + shift[i];
        }
    }
}

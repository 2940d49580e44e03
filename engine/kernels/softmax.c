KERNEL(softmax_load) {
    const intptr_t *restrict labels = operands[0].data;
    const ptrdiff_t stride = operands[0].stride, examples = operands[1].size;
    for (ptrdiff_t row = 0; row < operands[1].rows; row++) {
        const intptr_t *restrict rows = ROW_OF(intptr_t, 1, row), *restrict first = ROW_OF(intptr_t, 2, row);
        intptr_t *restrict label = ROW_OF(intptr_t, 3, row), *restrict place = ROW_OF(intptr_t, 4, row);
        for (ptrdiff_t i = 0; i < examples; i++) {
            label[i] = labels[rows[i] * stride];
            place[i] = label[i] * examples + first[i];
        }
    }
}

KERNEL(softmax_shift) {
    const ptrdiff_t examples = operands[0].width, size = operands[0].size;
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict z = ROW(0, row), *restrict largest = ROW(3, row), *restrict truth = ROW(4, row);
        const intptr_t *restrict place = ROW_OF(intptr_t, 1, row);
        memcpy(largest, z, (size_t)examples * sizeof(REAL));
        for (ptrdiff_t class = examples; class < size; class += examples)
            for (ptrdiff_t i = 0; i < examples; i++) {
                const REAL one = z[class + i];
                largest[i] = one > largest[i] || one != one ? one : largest[i];
            }
        for (ptrdiff_t i = 0; i < examples; i++) largest[i] = largest[i] + 0;
        for (ptrdiff_t class = 0; class < size; class += examples)
            for (ptrdiff_t i = 0; i < examples; i++) z[class + i] = z[class + i] - largest[i];
        for (ptrdiff_t i = 0; i < examples; i++) truth[i] = z[place[i] - row * size];
    }
}

KERNEL(softmax_backward) {
    const ptrdiff_t examples = operands[0].width, size = operands[0].size;
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict dz = ROW(0, row), *restrict factor = ROW(4, row);
        const REAL *restrict total = ROW(1, row), *restrict share = ROW(3, row);
        const intptr_t *restrict place = ROW_OF(intptr_t, 2, row);
        for (ptrdiff_t i = 0; i < examples; i++) factor[i] = share[i] / total[i];
        for (ptrdiff_t class = 0; class < size; class += examples)
            for (ptrdiff_t i = 0; i < examples; i++) dz[class + i] = dz[class + i] * factor[i];
        for (ptrdiff_t i = 0; i < examples; i++) dz[place[i] - row * size] -= share[i];
    }
}

KERNEL(softmax_weigh) {
    const ptrdiff_t examples = operands[0].size;
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        const intptr_t *restrict label = ROW_OF(intptr_t, 0, row);
        const REAL *restrict by_class = ROW(1, row), *restrict even = ROW(2, row);
        REAL *restrict weight = ROW(3, row), *restrict share = ROW(4, row);
        for (ptrdiff_t i = 0; i < examples; i++) {
            weight[i] = by_class[label[i]];
            share[i] = weight[i] * even[i];
        }
    }
}

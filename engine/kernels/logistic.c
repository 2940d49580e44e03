KERNEL(logistic_loss) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict loss = ROW(0, row);
        const REAL *restrict z = ROW(1, row), *restrict y = ROW(2, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++)
            loss[i] = loss[i] - z[i] * y[i] + (z[i] > 0 || z[i] != z[i] ? z[i] : 0);
    }
}

KERNEL(logistic_backward) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict dz = ROW(0, row);
        const REAL *restrict y = ROW(1, row), *restrict share = ROW(2, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) dz[i] = ((dz[i] + 1) * (REAL)0.5 - y[i]) * share[i];
    }
}

KERNEL(logistic_weigh) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        const REAL *restrict y = ROW(0, row), *restrict by_class = ROW(1, row), *restrict even = ROW(2, row);
        REAL *restrict weight = ROW(3, row), *restrict share = ROW(4, row);
        const REAL none = by_class[0], one = by_class[1];
        for (ptrdiff_t i = 0; i < operands[0].size; i++) {
            weight[i] = (1 - y[i]) * none + y[i] * one;
            share[i] = weight[i] * even[i];
        }
    }
}

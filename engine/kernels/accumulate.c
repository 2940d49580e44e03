KERNEL(accumulate) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict total = ROW(0, row);
        const REAL *restrict value = ROW(1, row);
        const REAL beta = *ROW(2, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) total[i] = total[i] * beta + value[i];
    }
}

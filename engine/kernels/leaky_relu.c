#define SLOPE (REAL)0.01

KERNEL(leaky_relu_forward) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        REAL *restrict z = ROW(0, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) {
            const REAL leak = z[i] * SLOPE;
            z[i] = z[i] > leak || z[i] != z[i] ? z[i] : leak;
        }
    }
}

KERNEL(leaky_relu_backward) {
    for (ptrdiff_t row = 0; row < operands[0].rows; row++) {
        const REAL *restrict a = ROW(0, row);
        REAL *restrict da = ROW(1, row);
        for (ptrdiff_t i = 0; i < operands[0].size; i++) {
            const REAL leak = da[i] * SLOPE;
            da[i] = a[i] <= 0 ? leak : da[i];
        }
    }
}

#ifdef __SIZEOF_INT128__
/* O'Neill's PCG XSL RR 128/64, as NumPy has it. Each state waits for the product of the one before, which takes longer
   than all the rest; so four of them go side by side, each four steps at a time. */
#define WIDE unsigned __int128
#define OUTPUT(state) ((uint64_t)((state) >> 64) ^ (uint64_t)(state))
#define TURNED(word, by) ((word) >> (by) | (word) << (-(by) & 63))
#define WORD(state) TURNED(OUTPUT(state), (unsigned)((state) >> 122))

KERNEL(pcg64) {
    const WIDE factor = (WIDE)2549297995355413924ULL << 64 | 4865540595714422341ULL;
    const ptrdiff_t size = operands[2].size;
    for (ptrdiff_t row = 0; row < operands[2].rows; row++) {
        if (!*ROW_OF(uint8_t, 1, row)) continue;
        uint64_t *restrict halves = ROW_OF(uint64_t, 0, row), *restrict words = ROW_OF(uint64_t, 2, row);
        const WIDE step = (WIDE)halves[2] << 64 | halves[3];
        WIDE last = (WIDE)halves[0] << 64 | halves[1];
        WIDE a = last * factor + step, b = a * factor + step, c = b * factor + step, d = c * factor + step;
        const WIDE leap = factor * factor * factor * factor;
        const WIDE stride = (((factor + 1) * factor + 1) * factor + 1) * step;
        ptrdiff_t i = 0;
        for (; i + 4 <= size; i += 4) {
            words[i] = WORD(a), words[i + 1] = WORD(b), words[i + 2] = WORD(c), words[i + 3] = WORD(d);
            last = d;
            a = a * leap + stride, b = b * leap + stride, c = c * leap + stride, d = d * leap + stride;
        }
        for (; i < size; i++) {
            last = last * factor + step;
            words[i] = WORD(last);
        }
        halves[0] = (uint64_t)(last >> 64), halves[1] = (uint64_t)last;
    }
}
#endif

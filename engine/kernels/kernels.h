/* What every kernel sees. A kernel is written once, for REAL; the source is compiled for float and for double.

   No flag of the compiler may let it reorder, contract or drop an operation: each REAL operation stands for one pass of
   the kernel's NumPy form and rounds as that does. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* An array whose rows, arrays[0], arrays[1], ..., are each contiguous. */
typedef struct {
    void *data;
    ptrdiff_t rows;   /* the length of the first axis */
    ptrdiff_t stride; /* numbers from one row to the next; 0 where all members share one */
    ptrdiff_t size;   /* numbers in a row */
    ptrdiff_t width;  /* the length of the last axis */
} operand;

#define ROW_OF(type, number, row) ((type *)operands[number].data + (row) * operands[number].stride)
#define ROW(number, row) ROW_OF(REAL, number, row)
/* Numbers that a loop may keep beside it on the stack. */
#define BLOCK 256
#define KERNEL(name) void NAME(name)(const operand *operands)
/* A kernel some of whose operands are double whatever REAL is. */
#define KERNEL_WITH_DOUBLES(name) void WITH_DOUBLES(name)(const operand *operands)

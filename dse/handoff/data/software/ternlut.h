/* Registers and descriptors of @TOP@, and functions that use them.
 *
 * Made from the definition that the Verilog is made from. C99, no library but the compiler's own headers.
 * Memory that the accelerator reads or writes must be coherent with the processor's view of it when
 * ternlut_start is called and when ternlut_wait returns: clean and invalidate caches where there are any.
 */
#ifndef TERNLUT_H
#define TERNLUT_H

#include <stddef.h>
#include <stdint.h>

/* Registers are reached by these two, which may be defined otherwise before this file is included. */
#ifndef TERNLUT_READ32
#define TERNLUT_READ32(address) (*(volatile uint32_t *)(address))
#define TERNLUT_WRITE32(address, value) (*(volatile uint32_t *)(address) = (value))
#endif

/* What this accelerator is. */
@CONSTANTS@

/* Registers: offsets in bytes, and the numbers of bits that have a meaning each. */
@REGISTERS@

/* What TERNLUT_REG_ERROR says. */
@ERRORS@

/* The descriptor of a layer, @DESCRIPTOR_BYTES@ bytes, aligned to as many; its numbers are little endian.
 * Addresses and strides are multiples of TERNLUT_BUS_BYTES.
 */
struct ternlut_descriptor {
@DESCRIPTOR@
};

typedef char ternlut_descriptor_has_its_size[sizeof(struct ternlut_descriptor) == @DESCRIPTOR_BYTES@ ? 1 : -1];

/* A result in memory. */
typedef @RESULT@ ternlut_result;

static inline uint32_t ternlut_read(uintptr_t base, uint32_t offset)
{
    return TERNLUT_READ32(base + offset);
}

static inline void ternlut_write(uintptr_t base, uint32_t offset, uint32_t value)
{
    TERNLUT_WRITE32(base + offset, value);
}

static inline uint32_t ternlut_tiles(uint32_t count, uint32_t tile)
{
    return (count + tile - 1) / tile;
}

static inline size_t ternlut_words(size_t bytes)
{
    return (bytes + TERNLUT_BUS_BYTES - 1) / TERNLUT_BUS_BYTES * TERNLUT_BUS_BYTES;
}

/* Bytes of the keys of a layer: those of its keys.bin. */
static inline size_t ternlut_key_bytes(uint32_t inputs, uint32_t outputs)
{
    return (size_t)TERNLUT_KEY_BEAT_BYTES * ternlut_tiles(inputs, TERNLUT_TILE_INPUTS)
           * ternlut_tiles(outputs, TERNLUT_TILE_OUTPUTS);
}

/* Least strides: bytes of a block of TERNLUT_TILE_TOKENS tokens, filled up to words of the bus. */
static inline size_t ternlut_activation_stride(uint32_t inputs)
{
    return ternlut_words((size_t)TERNLUT_ACTIVATION_BEAT_BYTES
                         * ternlut_tiles(inputs, TERNLUT_TILE_INPUTS));
}

static inline size_t ternlut_result_stride(uint32_t outputs)
{
    return ternlut_words((size_t)TERNLUT_RESULT_BEAT_BYTES
                         * ternlut_tiles(outputs, TERNLUT_TILE_OUTPUTS));
}

/* Writes the bits of one activation to its place; the memory has to be zero before. */
static inline void ternlut_put_activation(uint8_t *activations, size_t stride, uint32_t token, uint32_t input,
                                          uint32_t bits)
{
    uint32_t row = token % TERNLUT_TILE_TOKENS, tile = input / TERNLUT_TILE_INPUTS;
    size_t element = (size_t)row * TERNLUT_TILE_INPUTS + input % TERNLUT_TILE_INPUTS;
    uint8_t *beat = activations + (size_t)(token / TERNLUT_TILE_TOKENS) * stride
                    + (size_t)tile * TERNLUT_ACTIVATION_BEAT_BYTES;
    for (uint32_t bit = 0; bit < TERNLUT_ACTIVATION_BITS; bit++) {
        size_t at = element * TERNLUT_ACTIVATION_BITS + bit;
        beat[at / 8] |= (uint8_t)(((bits >> bit) & 1u) << (at % 8));
    }
}

/* The result of an output for a token. */
static inline ternlut_result ternlut_get_result(const void *results, size_t stride, uint32_t token,
                                                uint32_t output)
{
    uint32_t row = token % TERNLUT_TILE_TOKENS, tile = output / TERNLUT_TILE_OUTPUTS;
    const uint8_t *beat = (const uint8_t *)results + (size_t)(token / TERNLUT_TILE_TOKENS) * stride
                          + (size_t)tile * TERNLUT_RESULT_BEAT_BYTES;
    return ((const ternlut_result *)(const void *)beat)[(size_t)row * TERNLUT_TILE_OUTPUTS
                                                        + output % TERNLUT_TILE_OUTPUTS];
}

/* Whether the accelerator that this file is about is at base: 0, or the offset of a register that differs. */
static inline int ternlut_differs(uintptr_t base)
{
    if (ternlut_read(base, TERNLUT_REG_IDENTITY) != TERNLUT_IDENTITY_VALUE)
        return -1;
    if (ternlut_read(base, TERNLUT_REG_INTERFACE) != TERNLUT_INTERFACE_VALUE)
        return TERNLUT_REG_INTERFACE;
    return ternlut_read(base, TERNLUT_REG_CORE) == TERNLUT_CORE_VALUE ? 0 : TERNLUT_REG_CORE;
}

/* Begins with a list of descriptors, at an address as the accelerator sees it. */
static inline void ternlut_start(uintptr_t base, uint64_t descriptors, uint32_t count)
{
    ternlut_write(base, TERNLUT_REG_DESCRIPTORS_LOW, (uint32_t)descriptors);
    ternlut_write(base, TERNLUT_REG_DESCRIPTORS_HIGH, (uint32_t)(descriptors >> 32));
    ternlut_write(base, TERNLUT_REG_COUNT, count);
    ternlut_write(base, TERNLUT_REG_CONTROL, 1u << TERNLUT_CONTROL_START_BIT);
}

/* Waits for the end of the list: 0, or what TERNLUT_REG_ERROR says. */
static inline uint32_t ternlut_wait(uintptr_t base)
{
    while (ternlut_read(base, TERNLUT_REG_STATUS) & (1u << TERNLUT_STATUS_BUSY_BIT))
        ;
    return ternlut_read(base, TERNLUT_REG_ERROR);
}

#endif

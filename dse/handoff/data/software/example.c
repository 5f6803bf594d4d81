/* One layer on @TOP@, without an operating system.
 *
 * Keys are what `ternlut pack` writes for this core: link keys.bin of a layer, for example with
 *     objcopy -I binary -O elf32-littleriscv keys.bin keys.o
 * and give the address and the shape of the layer to run_layer.
 */
#include "ternlut.h"

/* What a list of one layer is made of; memory of the accelerator is that of the processor. */
static struct ternlut_descriptor descriptor __attribute__((aligned(@DESCRIPTOR_BYTES@)));

/* y[tokens][outputs] = x[tokens][inputs] * W^T; returns 0, or what TERNLUT_REG_ERROR says.
 *
 * activations and results are room for ternlut_activation_stride(inputs) and ternlut_result_stride(outputs)
 * bytes for each block of TERNLUT_TILE_TOKENS tokens, aligned to TERNLUT_BUS_BYTES; x has the bits of
 * an activation in each element.
 */
uint32_t run_layer(uintptr_t base, const void *keys, uint32_t inputs, uint32_t outputs, uint32_t tokens,
                   const uint32_t *x, uint8_t *activations, void *results, ternlut_result *y)
{
    size_t activation_stride = ternlut_activation_stride(inputs);
    size_t result_stride = ternlut_result_stride(outputs);
    size_t bytes = activation_stride * ternlut_tiles(tokens, TERNLUT_TILE_TOKENS);
    uint32_t error;

    for (size_t at = 0; at < bytes; at++)
        activations[at] = 0;
    for (uint32_t token = 0; token < tokens; token++)
        for (uint32_t input = 0; input < inputs; input++)
            ternlut_put_activation(activations, activation_stride, token, input,
                                   x[(size_t)token * inputs + input]);

    descriptor.version = TERNLUT_INTERFACE_VALUE;
    descriptor.inputs = inputs;
    descriptor.outputs = outputs;
    descriptor.tokens = tokens;
    descriptor.keys = (uintptr_t)keys;
    descriptor.activations = (uintptr_t)activations;
    descriptor.results = (uintptr_t)results;
    descriptor.activation_stride = (uint32_t)activation_stride;
    descriptor.result_stride = (uint32_t)result_stride;

    ternlut_start(base, (uintptr_t)&descriptor, 1);
    error = ternlut_wait(base);
    if (error)
        return error;
    for (uint32_t token = 0; token < tokens; token++)
        for (uint32_t output = 0; output < outputs; output++)
            y[(size_t)token * outputs + output] = ternlut_get_result(results, result_stride, token, output);
    return 0;
}

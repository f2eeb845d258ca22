// Every aclnn operator that this project uses or implements, written once.
// ACLNN_OPERATORS(OP) expands OP(Name, parameters...) for each; the first phase is
//   aclnnStatus aclnn<Name>GetWorkspaceSize(parameters..., uint64_t *workspaceSize, aclOpExecutor **executor)
// and the second phase
//   aclnnStatus aclnn<Name>(void *workspace, uint64_t workspaceSize, aclOpExecutor *executor, aclrtStream
//   stream).
// Facts: shared/reference/ascendcl-abi.md, section 4.
#pragma once

#include "acl_types.h"

#define ACLNN_OPERATORS(OP)         \
    ACLNN_MATMUL_OPERATORS(OP)      \
    ACLNN_QUANT_OPERATORS(OP)       \
    ACLNN_CONVOLUTION_OPERATORS(OP) \
    ACLNN_NORM_OPERATORS(OP)        \
    ACLNN_ACTIVATION_OPERATORS(OP)  \
    ACLNN_ELEMENTWISE_OPERATORS(OP) \
    ACLNN_FILL_OPERATORS(OP)        \
    ACLNN_INDEX_OPERATORS(OP)       \
    ACLNN_LAYOUT_OPERATORS(OP)      \
    ACLNN_ROPE_OPERATORS(OP)        \
    ACLNN_CACHE_OPERATORS(OP)       \
    ACLNN_ATTENTION_OPERATORS(OP)   \
    ACLNN_REDUCTION_OPERATORS(OP)

#define ACLNN_MATMUL_OPERATORS(OP)                                                                        \
    OP(Matmul, const aclTensor* self, const aclTensor* mat2, aclTensor* out, int8_t cubeMathType)         \
    OP(Mm, const aclTensor* self, const aclTensor* mat2, aclTensor* out, int8_t cubeMathType)             \
    OP(BatchMatMul, const aclTensor* self, const aclTensor* mat2, aclTensor* out, int8_t cubeMathType)    \
    OP(Addmm, const aclTensor* self, const aclTensor* mat1, const aclTensor* mat2, const aclScalar* beta, \
       const aclScalar* alpha, aclTensor* out, int8_t cubeMathType)                                       \
    OP(InplaceAddmm, aclTensor* selfRef, const aclTensor* mat1, const aclTensor* mat2,                    \
       const aclScalar* beta, const aclScalar* alpha, int8_t cubeMathType)                                \
    OP(Baddbmm, const aclTensor* self, const aclTensor* batch1, const aclTensor* batch2,                  \
       const aclScalar* beta, const aclScalar* alpha, aclTensor* out, int8_t cubeMathType)

#define ACLNN_QUANT_OPERATORS(OP)                                                             \
    OP(WeightQuantBatchMatmulV2, const aclTensor* x, const aclTensor* weight,                 \
       const aclTensor* antiquantScale, const aclTensor* antiquantOffsetOptional,             \
       const aclTensor* quantScaleOptional, const aclTensor* quantOffsetOptional,             \
       const aclTensor* biasOptional, int antiquantGroupSize, aclTensor* y)                   \
    OP(WeightQuantBatchMatmulV3, const aclTensor* x, const aclTensor* weight,                 \
       const aclTensor* antiquantScale, const aclTensor* antiquantOffsetOptional,             \
       const aclTensor* quantScaleOptional, const aclTensor* quantOffsetOptional,             \
       const aclTensor* biasOptional, int antiquantGroupSize, int innerPrecise, aclTensor* y) \
    OP(ConvertWeightToINT4Pack, const aclTensor* weight, aclTensor* weightInt4Pack)

#define ACLNN_CONVOLUTION_OPERATORS(OP)                                                                     \
    OP(Convolution, const aclTensor* input, const aclTensor* weight, const aclTensor* bias,                 \
       const aclIntArray* stride, const aclIntArray* padding, const aclIntArray* dilation, bool transposed, \
       const aclIntArray* outputPadding, const int64_t groups, aclTensor* output, int8_t cubeMathType)      \
    OP(ConstantPadNd, const aclTensor* self, const aclIntArray* pad, const aclScalar* value, aclTensor* out)

#define ACLNN_NORM_OPERATORS(OP)                                                                     \
    OP(LayerNorm, const aclTensor* input, const aclIntArray* normalizedShape,                        \
       const aclTensor* weightOptional, const aclTensor* biasOptional, double eps, aclTensor* out,   \
       aclTensor* meanOutOptional, aclTensor* rstdOutOptional)                                       \
    OP(RmsNorm, const aclTensor* x, const aclTensor* gamma, double epsilon, aclTensor* yOut,         \
       aclTensor* rstdOut)                                                                           \
    OP(AddRmsNorm, const aclTensor* x1, const aclTensor* x2, const aclTensor* gamma, double epsilon, \
       aclTensor* yOut, aclTensor* rstdOut, aclTensor* xOut)

#define ACLNN_ACTIVATION_OPERATORS(OP)                                \
    OP(Gelu, const aclTensor* self, aclTensor* out)                   \
    OP(GeluV2, const aclTensor* x, int64_t approximate, aclTensor* y) \
    OP(FastGelu, const aclTensor* self, aclTensor* out)               \
    OP(Silu, const aclTensor* self, aclTensor* out)                   \
    OP(SwiGlu, const aclTensor* x, int64_t dim, aclTensor* out)       \
    OP(Relu, const aclTensor* self, aclTensor* out)                   \
    OP(InplaceRelu, aclTensor* selfRef)                               \
    OP(Sigmoid, const aclTensor* self, aclTensor* out)                \
    OP(Tanh, const aclTensor* self, aclTensor* out)

#define ACLNN_ELEMENTWISE_OPERATORS(OP)                                                             \
    OP(Add, const aclTensor* self, const aclTensor* other, const aclScalar* alpha, aclTensor* out)  \
    OP(Adds, const aclTensor* self, const aclScalar* other, const aclScalar* alpha, aclTensor* out) \
    OP(Sub, const aclTensor* self, const aclTensor* other, const aclScalar* alpha, aclTensor* out)  \
    OP(InplaceAdd, aclTensor* selfRef, const aclTensor* other, const aclScalar* alpha)              \
    OP(InplaceAdds, aclTensor* selfRef, const aclScalar* other, const aclScalar* alpha)             \
    OP(Mul, const aclTensor* self, const aclTensor* other, aclTensor* out)                          \
    OP(Muls, const aclTensor* self, const aclScalar* other, aclTensor* out)                         \
    OP(InplaceMul, aclTensor* selfRef, const aclTensor* other)                                      \
    OP(InplaceMuls, aclTensor* selfRef, const aclScalar* other)                                     \
    OP(Div, const aclTensor* self, const aclTensor* other, aclTensor* out)                          \
    OP(Divs, const aclTensor* self, const aclScalar* other, aclTensor* out)                         \
    OP(Maximum, const aclTensor* self, const aclTensor* other, aclTensor* out)                      \
    OP(ClampMin, const aclTensor* self, const aclScalar* clipValueMin, aclTensor* out)              \
    OP(Neg, const aclTensor* self, aclTensor* out)                                                  \
    OP(Sin, const aclTensor* self, aclTensor* out)                                                  \
    OP(Cos, const aclTensor* self, aclTensor* out)                                                  \
    OP(Exp, const aclTensor* self, aclTensor* out)                                                  \
    OP(Log, const aclTensor* self, aclTensor* out)                                                  \
    OP(Log10, const aclTensor* self, aclTensor* out)                                                \
    OP(Sqrt, const aclTensor* self, aclTensor* out)                                                 \
    OP(Erf, const aclTensor* self, aclTensor* out)                                                  \
    OP(LtScalar, const aclTensor* self, const aclScalar* other, aclTensor* out)                     \
    OP(GtScalar, const aclTensor* self, const aclScalar* other, aclTensor* out)                     \
    OP(SWhere, const aclTensor* condition, const aclTensor* self, const aclTensor* other, aclTensor* out)

#define ACLNN_FILL_OPERATORS(OP)                                                                   \
    OP(Cast, const aclTensor* self, const aclDataType dtype, aclTensor* out)                       \
    OP(InplaceCopy, aclTensor* selfRef, const aclTensor* src)                                      \
    OP(InplaceFillScalar, aclTensor* selfRef, const aclScalar* value)                              \
    OP(InplaceZero, aclTensor* selfRef)                                                            \
    OP(InplaceMaskedFillScalar, aclTensor* selfRef, const aclTensor* mask, const aclScalar* value) \
    OP(Arange, const aclScalar* start, const aclScalar* end, const aclScalar* step, aclTensor* out)

#define ACLNN_INDEX_OPERATORS(OP)                                                               \
    OP(Embedding, const aclTensor* weight, const aclTensor* indices, aclTensor* out)            \
    OP(IndexSelect, const aclTensor* self, int64_t dim, const aclTensor* index, aclTensor* out) \
    OP(GatherV2, const aclTensor* self, int64_t dim, const aclTensor* index, aclTensor* out)    \
    OP(Gather, const aclTensor* self, int64_t dim, const aclTensor* index, aclTensor* out)

#define ACLNN_LAYOUT_OPERATORS(OP)                                                                          \
    OP(Permute, const aclTensor* self, const aclIntArray* dims, aclTensor* out)                             \
    OP(Cat, const aclTensorList* tensors, int64_t dim, aclTensor* out)                                      \
    OP(Slice, const aclTensor* self, int64_t dim, int64_t start, int64_t end, int64_t step, aclTensor* out) \
    OP(SplitWithSize, const aclTensor* self, const aclIntArray* splitSize, int64_t dim, aclTensorList* out)

#define ACLNN_ROPE_OPERATORS(OP)                                                                          \
    OP(ApplyRotaryPosEmb, aclTensor* queryRef, aclTensor* keyRef, const aclTensor* cos,                   \
       const aclTensor* sin, int64_t layout)                                                              \
    OP(RotaryPositionEmbedding, const aclTensor* x, const aclTensor* cos, const aclTensor* sin,           \
       int64_t mode, aclTensor* out)                                                                      \
    OP(RopeWithSinCosCache, const aclTensor* positions, const aclTensor* queryIn, const aclTensor* keyIn, \
       const aclTensor* cosSinCache, const aclIntArray* mropeSection, int64_t headSize, bool isNeoxStyle, \
       aclTensor* queryOut, aclTensor* keyOut)

#define ACLNN_CACHE_OPERATORS(OP)                                                                          \
    OP(ScatterPaKvCache, const aclTensor* key, aclTensor* keyCacheRef, const aclTensor* slotMapping,       \
       const aclTensor* value, aclTensor* valueCacheRef, const aclTensor* compressLensOptional,            \
       const aclTensor* compressSeqOffsetOptional, const aclTensor* seqLensOptional,                       \
       char* cacheModeOptional, char* scatterModeOptional, const aclIntArray* stridesOptional,             \
       const aclIntArray* offsetsOptional)                                                                 \
    OP(InplaceIndexCopy, aclTensor* selfRef, int64_t dim, const aclTensor* index, const aclTensor* source) \
    OP(InplaceScatterUpdate, aclTensor* data, const aclTensor* indices, const aclTensor* updates,          \
       int64_t axis)

#define ACLNN_ATTENTION_OPERATORS(OP)                                                                       \
    OP(PromptFlashAttentionV3, const aclTensor* query, const aclTensor* key, const aclTensor* value,        \
       const aclTensor* pseShift, const aclTensor* attenMask, const aclIntArray* actualSeqLengths,          \
       const aclIntArray* actualSeqLengthsKv, const aclTensor* deqScale1, const aclTensor* quantScale1,     \
       const aclTensor* deqScale2, const aclTensor* quantScale2, const aclTensor* quantOffset2,             \
       int64_t numHeads, double scaleValue, int64_t preTokens, int64_t nextTokens, char* inputLayout,       \
       int64_t numKeyValueHeads, int64_t sparseMode, int64_t innerPrecise, const aclTensor* attentionOut)   \
    OP(IncreFlashAttentionV4, const aclTensor* query, const aclTensorList* key, const aclTensorList* value, \
       const aclTensor* pseShift, const aclTensor* attenMask, const aclIntArray* actualSeqLengths,          \
       const aclTensor* dequantScale1, const aclTensor* quantScale1, const aclTensor* dequantScale2,        \
       const aclTensor* quantScale2, const aclTensor* quantOffset2, const aclTensor* antiquantScale,        \
       const aclTensor* antiquantOffset, const aclTensor* blocktable, const aclTensor* kvPaddingSize,       \
       int64_t numHeads, double scaleValue, char* inputLayout, int64_t numKeyValueHeads, int64_t blockSize, \
       int64_t innerPrecise, const aclTensor* attentionOut)                                                 \
    OP(FusedInferAttentionScore, const aclTensor* query, const aclTensorList* key,                          \
       const aclTensorList* value, const aclTensor* pseShiftOptional, const aclTensor* attenMaskOptional,   \
       const aclIntArray* actualSeqLengthsOptional, const aclIntArray* actualSeqLengthsKvOptional,          \
       const aclTensor* deqScale1Optional, const aclTensor* quantScale1Optional,                            \
       const aclTensor* deqScale2Optional, const aclTensor* quantScale2Optional,                            \
       const aclTensor* quantOffset2Optional, const aclTensor* antiquantScaleOptional,                      \
       const aclTensor* antiquantOffsetOptional, const aclTensor* blockTableOptional,                       \
       const aclTensor* queryPaddingSizeOptional, const aclTensor* kvPaddingSizeOptional, int64_t numHeads, \
       double scaleValue, int64_t preTokens, int64_t nextTokens, char* inputLayout,                         \
       int64_t numKeyValueHeads, int64_t sparseMode, int64_t innerPrecise, int64_t blockSize,               \
       int64_t antiquantMode, bool softmaxLseFlag, const aclTensor* attentionOut,                           \
       const aclTensor* softmaxLse)                                                                         \
    OP(FusedInferAttentionScoreV2, const aclTensor* query, const aclTensorList* key,                        \
       const aclTensorList* value, const aclTensor* pseShiftOptional, const aclTensor* attenMaskOptional,   \
       const aclIntArray* actualSeqLengthsOptional, const aclIntArray* actualSeqLengthsKvOptional,          \
       const aclTensor* deqScale1Optional, const aclTensor* quantScale1Optional,                            \
       const aclTensor* deqScale2Optional, const aclTensor* quantScale2Optional,                            \
       const aclTensor* quantOffset2Optional, const aclTensor* antiquantScaleOptional,                      \
       const aclTensor* antiquantOffsetOptional, const aclTensor* blockTableOptional,                       \
       const aclTensor* queryPaddingSizeOptional, const aclTensor* kvPaddingSizeOptional,                   \
       const aclTensor* keyAntiquantScaleOptional, const aclTensor* keyAntiquantOffsetOptional,             \
       const aclTensor* valueAntiquantScaleOptional, const aclTensor* valueAntiquantOffsetOptional,         \
       const aclTensor* keySharedPrefixOptional, const aclTensor* valueSharedPrefixOptional,                \
       const aclIntArray* actualSharedPrefixLenOptional, int64_t numHeads, double scaleValue,               \
       int64_t preTokens, int64_t nextTokens, char* inputLayout, int64_t numKeyValueHeads,                  \
       int64_t sparseMode, int64_t innerPrecise, int64_t blockSize, int64_t antiquantMode,                  \
       bool softmaxLseFlag, int64_t keyAntiquantMode, int64_t valueAntiquantMode,                           \
       const aclTensor* attentionOut, const aclTensor* softmaxLse)

#define ACLNN_REDUCTION_OPERATORS(OP)                                                                        \
    OP(Softmax, const aclTensor* self, int64_t dim, aclTensor* out)                                          \
    OP(LogSoftmax, const aclTensor* self, int64_t dim, aclTensor* out)                                       \
    OP(ArgMax, const aclTensor* self, int64_t dim, bool keepdim, aclTensor* out)                             \
    OP(Topk, const aclTensor* self, int64_t k, int64_t dim, bool largest, bool sorted, aclTensor* valuesOut, \
       aclTensor* indicesOut)                                                                                \
    OP(Amax, const aclTensor* self, const aclIntArray* dim, bool keepDim, aclTensor* out)                    \
    OP(ReduceSum, const aclTensor* self, const aclIntArray* dims, bool keepDims, aclDataType dtype,          \
       aclTensor* out)                                                                                       \
    OP(Cumsum, const aclTensor* self, int64_t dim, aclDataType dtype, aclTensor* out)

// FusedInferAttentionScore V1 and V2, PromptFlashAttentionV3, IncreFlashAttentionV4 (ABI reference,
// section 4.10).
#include "aclnn/attention_plan.h"
#include "runtime/config.h"

using namespace hostacl;

namespace {

std::string layoutName(const char* inputLayout) {
    if (inputLayout == nullptr) throw Refusal{ACLNN_ERR_PARAM_NULLPTR, "inputLayout is null"};
    return inputLayout;
}

void requireKernel(const Plan& p) {
    REQUIRE_OR(p, ACLNN_ERR_INNER_FIND_KERNEL_ERROR, !config().isAscend310P(),
               "%s has no FusedInferAttentionScore", config().soc.c_str());
}

constexpr DTypes kAnything = {ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_INT8, ACL_INT32, ACL_INT64, ACL_UINT64};

/** Takes the place of tensors that hostacl does not offer; they must be null. */
void refuseTensors(Plan& p, std::initializer_list<std::pair<const aclTensor*, const char*>> tensors) {
    for (const auto& [tensor, what] : tensors) {
        p.optional(tensor, what, kAnything);
        p.absent(tensor, what);
    }
}

}  // namespace

aclnnStatus aclnnFusedInferAttentionScoreGetWorkspaceSize(
    const aclTensor* query, const aclTensorList* key, const aclTensorList* value,
    const aclTensor* pseShiftOptional, const aclTensor* attenMaskOptional,
    const aclIntArray* actualSeqLengthsOptional, const aclIntArray* actualSeqLengthsKvOptional,
    const aclTensor* deqScale1Optional, const aclTensor* quantScale1Optional,
    const aclTensor* deqScale2Optional, const aclTensor* quantScale2Optional,
    const aclTensor* quantOffset2Optional, const aclTensor* antiquantScaleOptional,
    const aclTensor* antiquantOffsetOptional, const aclTensor* blockTableOptional,
    const aclTensor* queryPaddingSizeOptional, const aclTensor* kvPaddingSizeOptional, int64_t numHeads,
    double scaleValue, int64_t preTokens, int64_t nextTokens, char* inputLayout, int64_t numKeyValueHeads,
    int64_t sparseMode, int64_t innerPrecise, int64_t blockSize, int64_t antiquantMode, bool softmaxLseFlag,
    const aclTensor* attentionOut, const aclTensor* softmaxLse, uint64_t* workspaceSize,
    aclOpExecutor** executor) {
    return plan("aclnnFusedInferAttentionScore", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        requireKernel(p);
        AttentionCall c;
        c.query = p.input(query, "query", kHalves);
        c.keys = p.inputs(key, "key", kHalves);
        c.values = p.inputs(value, "value", kHalves);
        c.shift = p.optional(pseShiftOptional, "pseShift", kHalves);
        c.mask = p.optional(attenMaskOptional, "attenMask", kMasks);
        c.queryLengths = p.optionalIntegers(actualSeqLengthsOptional, "actualSeqLengths");
        c.keyLengths = p.optionalIntegers(actualSeqLengthsKvOptional, "actualSeqLengthsKv");
        refuseTensors(p, {{deqScale1Optional, "deqScale1"},
                          {quantScale1Optional, "quantScale1"},
                          {deqScale2Optional, "deqScale2"},
                          {quantScale2Optional, "quantScale2"},
                          {quantOffset2Optional, "quantOffset2"},
                          {antiquantScaleOptional, "antiquantScale"},
                          {antiquantOffsetOptional, "antiquantOffset"}});
        c.blockTable = p.optional(blockTableOptional, "blockTable", {ACL_INT32});
        refuseTensors(
            p, {{queryPaddingSizeOptional, "queryPaddingSize"}, {kvPaddingSizeOptional, "kvPaddingSize"}});
        c.heads = numHeads, c.keyHeads = numKeyValueHeads, c.scale = scaleValue;
        c.preTokens = preTokens, c.nextTokens = nextTokens;
        c.layout = layoutName(inputLayout);
        c.sparseMode = sparseMode, c.innerPrecise = innerPrecise, c.blockSize = blockSize;
        REQUIRE(p, antiquantMode == 0, "antiquantMode is %lld; expected 0",
                static_cast<long long>(antiquantMode));
        c.out = p.output(attentionOut, "attentionOut", kHalves);
        c.wantsLse = softmaxLseFlag;
        if (softmaxLseFlag) c.lse = p.optionalOutput(softmaxLse, "softmaxLse", {ACL_FLOAT});
        planAttention(p, c);
    });
}

aclnnStatus aclnnFusedInferAttentionScoreV2GetWorkspaceSize(
    const aclTensor* query, const aclTensorList* key, const aclTensorList* value,
    const aclTensor* pseShiftOptional, const aclTensor* attenMaskOptional,
    const aclIntArray* actualSeqLengthsOptional, const aclIntArray* actualSeqLengthsKvOptional,
    const aclTensor* deqScale1Optional, const aclTensor* quantScale1Optional,
    const aclTensor* deqScale2Optional, const aclTensor* quantScale2Optional,
    const aclTensor* quantOffset2Optional, const aclTensor* antiquantScaleOptional,
    const aclTensor* antiquantOffsetOptional, const aclTensor* blockTableOptional,
    const aclTensor* queryPaddingSizeOptional, const aclTensor* kvPaddingSizeOptional,
    const aclTensor* keyAntiquantScaleOptional, const aclTensor* keyAntiquantOffsetOptional,
    const aclTensor* valueAntiquantScaleOptional, const aclTensor* valueAntiquantOffsetOptional,
    const aclTensor* keySharedPrefixOptional, const aclTensor* valueSharedPrefixOptional,
    const aclIntArray* actualSharedPrefixLenOptional, int64_t numHeads, double scaleValue, int64_t preTokens,
    int64_t nextTokens, char* inputLayout, int64_t numKeyValueHeads, int64_t sparseMode, int64_t innerPrecise,
    int64_t blockSize, int64_t antiquantMode, bool softmaxLseFlag, int64_t keyAntiquantMode,
    int64_t valueAntiquantMode, const aclTensor* attentionOut, const aclTensor* softmaxLse,
    uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnFusedInferAttentionScoreV2", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        requireKernel(p);
        AttentionCall c;
        c.query = p.input(query, "query", kHalves);
        c.keys = p.inputs(key, "key", kHalves);
        c.values = p.inputs(value, "value", kHalves);
        c.shift = p.optional(pseShiftOptional, "pseShift", kHalves);
        c.mask = p.optional(attenMaskOptional, "attenMask", kMasks);
        c.queryLengths = p.optionalIntegers(actualSeqLengthsOptional, "actualSeqLengths");
        c.keyLengths = p.optionalIntegers(actualSeqLengthsKvOptional, "actualSeqLengthsKv");
        refuseTensors(p, {{deqScale1Optional, "deqScale1"},
                          {quantScale1Optional, "quantScale1"},
                          {deqScale2Optional, "deqScale2"},
                          {quantScale2Optional, "quantScale2"},
                          {quantOffset2Optional, "quantOffset2"},
                          {antiquantScaleOptional, "antiquantScale"},
                          {antiquantOffsetOptional, "antiquantOffset"}});
        c.blockTable = p.optional(blockTableOptional, "blockTable", {ACL_INT32});
        refuseTensors(p, {{queryPaddingSizeOptional, "queryPaddingSize"},
                          {kvPaddingSizeOptional, "kvPaddingSize"},
                          {keyAntiquantScaleOptional, "keyAntiquantScale"},
                          {keyAntiquantOffsetOptional, "keyAntiquantOffset"},
                          {valueAntiquantScaleOptional, "valueAntiquantScale"},
                          {valueAntiquantOffsetOptional, "valueAntiquantOffset"},
                          {keySharedPrefixOptional, "keySharedPrefix"},
                          {valueSharedPrefixOptional, "valueSharedPrefix"}});
        p.absent(actualSharedPrefixLenOptional, "actualSharedPrefixLen");
        c.heads = numHeads, c.keyHeads = numKeyValueHeads, c.scale = scaleValue;
        c.preTokens = preTokens, c.nextTokens = nextTokens;
        c.layout = layoutName(inputLayout);
        c.sparseMode = sparseMode, c.innerPrecise = innerPrecise, c.blockSize = blockSize;
        REQUIRE(p, antiquantMode == 0 && keyAntiquantMode == 0 && valueAntiquantMode == 0,
                "the antiquant modes must be 0");
        c.out = p.output(attentionOut, "attentionOut", kHalves);
        c.wantsLse = softmaxLseFlag;
        if (softmaxLseFlag) c.lse = p.optionalOutput(softmaxLse, "softmaxLse", {ACL_FLOAT});
        planAttention(p, c);
    });
}

aclnnStatus aclnnPromptFlashAttentionV3GetWorkspaceSize(
    const aclTensor* query, const aclTensor* key, const aclTensor* value, const aclTensor* pseShift,
    const aclTensor* attenMask, const aclIntArray* actualSeqLengths, const aclIntArray* actualSeqLengthsKv,
    const aclTensor* deqScale1, const aclTensor* quantScale1, const aclTensor* deqScale2,
    const aclTensor* quantScale2, const aclTensor* quantOffset2, int64_t numHeads, double scaleValue,
    int64_t preTokens, int64_t nextTokens, char* inputLayout, int64_t numKeyValueHeads, int64_t sparseMode,
    int64_t innerPrecise, const aclTensor* attentionOut, uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnPromptFlashAttentionV3", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        REQUIRE(p, !config().isAscend310P() || numKeyValueHeads == 0, "numKeyValueHeads must be 0 on %s",
                config().soc.c_str());
        AttentionCall c;
        c.query = p.input(query, "query", kHalves);
        c.keys = {p.input(key, "key", kHalves)};
        c.values = {p.input(value, "value", kHalves)};
        c.shift = p.optional(pseShift, "pseShift", kHalves);
        c.mask = p.optional(attenMask, "attenMask", kMasks);
        c.queryLengths = p.optionalIntegers(actualSeqLengths, "actualSeqLengths");
        c.keyLengths = p.optionalIntegers(actualSeqLengthsKv, "actualSeqLengthsKv");
        refuseTensors(p, {{deqScale1, "deqScale1"},
                          {quantScale1, "quantScale1"},
                          {deqScale2, "deqScale2"},
                          {quantScale2, "quantScale2"},
                          {quantOffset2, "quantOffset2"}});
        c.heads = numHeads, c.keyHeads = numKeyValueHeads, c.scale = scaleValue;
        c.preTokens = preTokens, c.nextTokens = nextTokens;
        c.layout = layoutName(inputLayout);
        c.sparseMode = sparseMode, c.innerPrecise = innerPrecise;
        c.out = p.output(attentionOut, "attentionOut", kHalves);
        planAttention(p, c);
    });
}

aclnnStatus aclnnIncreFlashAttentionV4GetWorkspaceSize(
    const aclTensor* query, const aclTensorList* key, const aclTensorList* value, const aclTensor* pseShift,
    const aclTensor* attenMask, const aclIntArray* actualSeqLengths, const aclTensor* dequantScale1,
    const aclTensor* quantScale1, const aclTensor* dequantScale2, const aclTensor* quantScale2,
    const aclTensor* quantOffset2, const aclTensor* antiquantScale, const aclTensor* antiquantOffset,
    const aclTensor* blocktable, const aclTensor* kvPaddingSize, int64_t numHeads, double scaleValue,
    char* inputLayout, int64_t numKeyValueHeads, int64_t blockSize, int64_t innerPrecise,
    const aclTensor* attentionOut, uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnIncreFlashAttentionV4", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        AttentionCall c;
        c.query = p.input(query, "query", kHalves);
        c.keys = p.inputs(key, "key", kHalves);
        c.values = p.inputs(value, "value", kHalves);
        c.shift = p.optional(pseShift, "pseShift", kHalves);
        c.mask = p.optional(attenMask, "attenMask", kMasks);
        c.keyLengths = p.optionalIntegers(actualSeqLengths, "actualSeqLengths");
        refuseTensors(p, {{dequantScale1, "dequantScale1"},
                          {quantScale1, "quantScale1"},
                          {dequantScale2, "dequantScale2"},
                          {quantScale2, "quantScale2"},
                          {quantOffset2, "quantOffset2"},
                          {antiquantScale, "antiquantScale"},
                          {antiquantOffset, "antiquantOffset"}});
        c.blockTable = p.optional(blocktable, "blocktable", {ACL_INT32});
        refuseTensors(p, {{kvPaddingSize, "kvPaddingSize"}});
        c.heads = numHeads, c.keyHeads = numKeyValueHeads, c.scale = scaleValue;
        c.layout = layoutName(inputLayout);
        c.innerPrecise = innerPrecise, c.blockSize = blockSize;
        REQUIRE(p, c.layout == "BSH" || c.layout == "BSND" || c.layout == "BNSD",
                "inputLayout is \"%s\"; expected BSH, BSND or BNSD", c.layout.c_str());
        const int rows = c.layout == "BNSD" ? 2 : 1;
        REQUIRE(p, c.query.rank() > rows && c.query.dim(rows) == 1,
                "query has shape %s; expected one row for each item", shapeOf(c.query.view()).c_str());
        c.out = p.output(attentionOut, "attentionOut", kHalves);
        planAttention(p, c);
    });
}

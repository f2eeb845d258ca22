#include "program.h"

namespace ascendcl {
namespace {

struct DtypeFacts {
    const char* name;
    int bits;
};

DtypeFacts factsOf(aclDataType dtype) {
    switch (dtype) {
        case ACL_FLOAT:
            return {"f32", 32};
        case ACL_FLOAT16:
            return {"f16", 16};
        case ACL_BF16:
            return {"bf16", 16};
        case ACL_INT8:
            return {"i8", 8};
        case ACL_INT4:
            return {"i4", 4};
        case ACL_INT32:
            return {"i32", 32};
        case ACL_INT64:
            return {"i64", 64};
        case ACL_UINT8:
            return {"u8", 8};
        case ACL_BOOL:
            return {"bool", 8};
        default:
            return {"?", 0};
    }
}

std::string listText(const int64_t* values, int count) {
    std::string text = "[";
    for (int i = 0; i < count; i++) text += (i == 0 ? "" : ", ") + std::to_string(values[i]);
    return text + "]";
}

}  // namespace

int64_t bytesOf(aclDataType dtype, int64_t elements) {
    return (elements * factsOf(dtype).bits + 7) / 8;
}

int64_t elementsIn(aclDataType dtype, int64_t bytes) {
    const int bits = factsOf(dtype).bits;
    return bits == 0 ? 0 : bytes * 8 / bits;
}

int64_t TensorSpec::elements() const {
    int64_t count = 1;
    for (int i = 0; i < rank; i++) count *= dims[i];
    return count;
}

std::string TensorSpec::text() const {
    std::string text = factsOf(dtype).name + listText(dims, rank);
    int64_t step = 1;
    bool contiguous = true;
    for (int i = rank - 1; i >= 0; i--) {
        contiguous = contiguous && (dims[i] == 1 || strides[i] == step);
        step *= dims[i];
    }
    return contiguous ? text : text + " strides " + listText(strides, rank);
}

std::vector<std::string> Program::tensorTexts(const Step& step) const {
    std::vector<std::string> texts;
    for (uint32_t i = 0; i < step.argumentCount; i++) {
        const Argument& given = argument(step, i);
        if (given.tag == Tag::kTensor) texts.push_back(tensors[given.range.first].text());
        if (given.tag != Tag::kList) continue;
        for (uint32_t k = 0; k < given.range.count; k++)
            texts.push_back(tensors[given.range.first + k].text());
    }
    return texts;
}

}  // namespace ascendcl

"""Writes a synthetic checkpoint the way the published ones are written (reference, sections 4 and 9)."""

import json
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from .cases import Case
from .positions import rope_frequencies
from .tokenizer import EOS, PADDING_ROWS, SPECIAL, PanguTokenizer, train
from .weights import LORA_TARGETS, all_weights


def write_case(case: Case, folder: Path) -> None:
    """`checkpoint.pt` and the language model's folder `llm`."""
    llm = folder / "llm"
    llm.mkdir(parents=True, exist_ok=True)
    train(case.tokenizer, case.decoder.vocab - PADDING_ROWS, llm / "tokenizer.model")
    write_settings(case, llm)
    speech, language, factors = all_weights(case)
    tensors = OrderedDict(speech)
    # Tensors that are views of larger or transposed memory, as training code leaves them.
    tensors["speech_llama_proj.weight"] = speech["speech_llama_proj.weight"].T.contiguous().T
    table = torch.cat([torch.zeros(2, 3), speech["ln_speech.weight"].float().expand(2, -1)], dim=1).to(torch.bfloat16)
    tensors["ln_speech.weight"] = table[1, 3:]
    tensors["encoder.after_norm.weight"] = torch.nn.Parameter(speech["encoder.after_norm.weight"])
    wrapper = "llama_model.base_model.model." if factors else "llama_model."
    if case.form.base == "checkpoint":
        for name, tensor in language.items():
            tensors[wrapper + base_name(case, name)] = tensor
        tensors["embed_tokens.weight"] = language["model.embed_tokens.weight"]
        tensors["lm_head.weight"] = language["lm_head.weight"]
    else:
        write_shards(case, llm, language)
    for name, tensor in factors.items():
        middle = ".default.weight" if case.form.peft == "new" else ".weight"
        tensors[wrapper + name.removesuffix(".weight") + middle] = tensor
    vars(tensors)["_metadata"] = {"": {"version": 1}}  # as nn.Module.state_dict leaves it
    container = case.form.container
    torch.save(tensors if container is None else {"epoch": 3, container: tensors}, folder / "checkpoint.pt")


def base_name(case: Case, name: str) -> str:
    """peft keeps the weights of a changed layer one level deeper."""
    module, parameter = name.rsplit(".", 1)
    changed = case.form.lora and module.rsplit(".", 1)[-1] in LORA_TARGETS
    return f"{module}.base_layer.{parameter}" if changed and case.form.peft == "new" else name


def write_shards(case: Case, llm: Path, language: dict[str, Tensor]) -> None:
    """Two safetensors files with an index, the stale rotary frequencies among them."""
    stale = rope_frequencies(case.decoder.head_dim, case.decoder.rope_theta, rounded=False)
    layers = range(case.decoder.layers)
    frequencies = {f"model.layers.{n}.self_attn.rotary_emb.inv_freq": stale.clone() for n in layers}
    names = sorted({**language, **frequencies})
    index: dict[str, str] = {}
    for number, part in enumerate((names[::2], names[1::2]), start=1):
        file = f"model-{number:05}-of-00002.safetensors"
        save_file({name: ({**language, **frequencies})[name].contiguous() for name in part}, llm / file)
        index |= dict.fromkeys(part, file)
    (llm / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))


def write_settings(case: Case, llm: Path) -> None:
    d = case.decoder
    tokenizer = PanguTokenizer.load(llm / "tokenizer.model")
    config = {
        "architectures": ["PanguEmbeddedForCausalLM"],
        "model_type": "PanguEmbedded",
        "bias": True,
        "hidden_act": "silu",
        "hidden_size": d.width,
        "intermediate_size": d.ffn,
        "num_hidden_layers": d.layers,
        "num_attention_heads": d.heads,
        "num_key_value_heads": d.kv_heads,
        "head_dim": d.head_dim,
        "rms_norm_eps": d.eps,
        "rope_theta": d.rope_theta,
        "max_position_embeddings": d.positions,
        "tie_word_embeddings": False,
        "vocab_size": d.vocab,
        "bos_token_id": 1,
        "eos_token_id": tokenizer.eos,
        "pad_token_id": 0,
    }
    (llm / "config.json").write_text(json.dumps(config))
    flags = {"lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": True}
    added = {str(number): {"content": text, **flags} for text, number in tokenizer.added.items()}
    settings = {"added_tokens_decoder": added, "bos_token": "<s>", "eos_token": EOS, "unk_token": "<unk>"}
    (llm / "tokenizer_config.json").write_text(json.dumps(settings))
    (llm / "special_tokens_map.json").write_text(json.dumps({"additional_special_tokens": SPECIAL, "eos_token": EOS}))

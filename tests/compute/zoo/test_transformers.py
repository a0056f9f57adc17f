"""Networks of Hugging Face transformers as they are, with the folders that its trainer leaves."""

import json
import os

import numpy as np
import pytest
import torch

from compute.numerics.outputs import widened
from compute.specs import RandomPlane
from tests.compute.zoo.surfaces import check_surface, first_rows, opened, plain_losses, survey

transformers = pytest.importorskip("transformers", reason="needs the package transformers")

START = """
import torch
import transformers
from torch.nn import functional as F

checkpoints = "runs"
DRAWS = torch.Generator()

def whole(low, high, *shape):
    return torch.randint(low, high, shape, generator=DRAWS)

def entropy(logits, labels):
    return F.cross_entropy(logits, labels, reduction="none")

def data(split):
    DRAWS.manual_seed(len(split))
    return examples()

def padded():
    ids, lengths = whole(1, 30, 24, 7), whole(3, 8, 24)
    mask = (torch.arange(7) < lengths[:, None]).long()
    return ids * mask, mask

SMALL = dict(vocab_size=30, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24)
"""

NETWORKS = {
    "BERT, classifying pairs of sentences": """
def model():
    config = transformers.BertConfig(**SMALL, max_position_embeddings=12, num_labels=3)
    return transformers.BertForSequenceClassification(config)

def examples():
    ids, mask = padded()
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": whole(0, 2, 24, 7)}, whole(0, 3, 24)

def loss(outputs, targets):
    return entropy(outputs.logits, targets)
""",
    "BERT, filling masks, with all hidden states": """
def model():
    config = transformers.BertConfig(**SMALL, max_position_embeddings=12, output_hidden_states=True)
    return transformers.BertForMaskedLM(config)

def examples():
    ids, mask = padded()
    return transformers.BatchEncoding({"input_ids": ids, "attention_mask": mask}), ids.masked_fill(mask == 0, -100)

def loss(outputs, targets):
    losses = F.cross_entropy(outputs.logits.transpose(1, 2), targets, reduction="none").sum(1) / (targets >= 0).sum(1)
    return losses + 1e-3 * outputs.hidden_states[1].square().mean((1, 2))
""",
    "GPT-2, whose input and output embeddings are one": """
def model():
    config = transformers.GPT2Config(vocab_size=30, n_positions=12, n_embd=16, n_layer=2, n_head=2)
    return transformers.GPT2LMHeadModel(config)

def examples():
    ids = whole(0, 30, 24, 9)
    return {"input_ids": ids[:, :-1]}, ids[:, 1:]

def loss(outputs, targets):
    return entropy(outputs.logits.transpose(1, 2), targets).mean(1)
""",
    "T5, an encoder and a decoder": """
def model():
    config = transformers.T5Config(
        vocab_size=30, d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2, decoder_start_token_id=0
    )
    return transformers.T5ForConditionalGeneration(config)

def examples():
    ids, mask = padded()
    after = whole(1, 30, 24, 6)
    return {"input_ids": ids, "attention_mask": mask, "decoder_input_ids": after[:, :-1]}, after[:, 1:]

def loss(outputs, targets):
    return entropy(outputs["logits"].transpose(1, 2), targets).mean(1)
""",
    "a vision transformer": """
def model():
    small = {key: value for key, value in SMALL.items() if key != "vocab_size"}
    config = transformers.ViTConfig(**small, image_size=8, patch_size=4, num_channels=1, num_labels=3)
    return transformers.ViTForImageClassification(config)

def examples():
    return {"pixel_values": torch.randn(24, 1, 8, 8, generator=DRAWS)}, whole(0, 3, 24)

def loss(outputs, targets):
    return entropy(outputs.logits, targets)
""",
    "Llama, whose attention turns with the position": """
def model():
    config = transformers.LlamaConfig(**SMALL, max_position_embeddings=12, num_key_value_heads=1, use_cache=False)
    return transformers.LlamaForCausalLM(config)

def examples():
    ids, mask = padded()
    return {"input_ids": ids, "attention_mask": mask}, (ids.roll(-1, 1), mask.roll(-1, 1))

def loss(outputs, targets):
    ids, mask = targets
    return (entropy(outputs.logits.transpose(1, 2), ids) * mask).sum(1) / mask.sum(1)
""",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_of_transformers_has_the_plain_surface(tmp_path, name):
    check_surface(tmp_path, START + NETWORKS[name], size=12)


@pytest.mark.parametrize("shard", ["5GB", "8KB"])
@pytest.mark.parametrize("safe", [True, False])
@pytest.mark.parametrize("name", ["GPT-2, whose input and output embeddings are one", "T5, an encoder and a decoder"])
def test_folders_of_the_trainer_hold_tied_weights_once_and_in_parts(tmp_path, name, shard, safe):
    plane = RandomPlane(seed=2)
    path, module, network = opened(tmp_path, START + NETWORKS[name])
    for step in (10, 20):
        with torch.no_grad():
            for weight in network.parameters():
                weight.add_(0.05 * torch.randn_like(weight))
        folder = tmp_path / "runs" / f"checkpoint-{step}"
        network.save_pretrained(folder, safe_serialization=safe, max_shard_size=shard)
        (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}))
        torch.save({"state": {}}, folder / "optimizer.pt")
        for index in folder.glob("*.index.json"):
            os.utime(index, (1e9, 1e9))  # it counts once it has come to rest
    assert (len(list(folder.glob("*.index.json"))) == 1) == (shard == "8KB")
    expected = plain_losses(module, network, 12, plane)
    np.testing.assert_allclose(survey(tmp_path, path, 12, plane), expected, rtol=1e-5, atol=1e-6)


def test_the_loss_that_the_library_gives_is_the_mean_of_ours(tmp_path):
    _, module, network = opened(tmp_path, START + NETWORKS["BERT, classifying pairs of sentences"])
    inputs, targets = (first_rows(part, 12) for part in module.data("train"))
    ours = plain_losses(module, network, 12, RandomPlane())[1, 1]
    assert ours == pytest.approx(network(**inputs, labels=targets).loss.item(), rel=1e-6)


@pytest.mark.parametrize("name", ["GPT-2, whose input and output embeddings are one", "a vision transformer"])
def test_outputs_of_the_library_are_widened_as_entries_and_as_attributes(tmp_path, name):
    _, module, network = opened(tmp_path, START + NETWORKS[name])
    inputs, _ = module.data("train")
    narrow = {key: one if one.dtype == torch.int64 else one.bfloat16() for key, one in inputs.items()}
    outputs = network.bfloat16()(**narrow)
    found = widened(outputs)
    assert type(found) is type(outputs)
    assert found.logits is found["logits"]
    assert (outputs.logits.dtype, found.logits.dtype) == (torch.bfloat16, torch.float32)
    assert torch.equal(found.logits, outputs["logits"].float())
    assert list(found) == list(outputs)

"""Embeds sentences with all-MiniLM-L6-v2, using the model files in this folder."""

from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

DIMENSION = 384

_FOLDER = Path(__file__).parent
# The maximum length of the model; the tokenizer's own file would pad everything to 128.
_MAX_TOKENS = 256

_tokenizer = Tokenizer.from_file(str(_FOLDER / "tokenizer.json"))
_tokenizer.enable_truncation(_MAX_TOKENS)
_tokenizer.enable_padding()
_model = onnxruntime.InferenceSession(
    str(_FOLDER / "model.onnx"), providers=["CPUExecutionProvider"]
)
_inputs = {node.name for node in _model.get_inputs()}


def embed(sentences: list[str]) -> list[list[float]]:
    """Returns one unit vector per sentence: the mean over its tokens, without padding."""
    encoded = _tokenizer.encode_batch(sentences)
    mask = np.array([item.attention_mask for item in encoded], dtype=np.int64)
    feed = {
        "input_ids": np.array([item.ids for item in encoded], dtype=np.int64),
        "attention_mask": mask,
        "token_type_ids": np.array([item.type_ids for item in encoded], dtype=np.int64),
    }
    tokens = _model.run(None, {name: feed[name] for name in _inputs})[0]
    weights = mask[:, :, None]
    mean = (tokens * weights).sum(axis=1) / weights.sum(axis=1)
    return (mean / np.linalg.norm(mean, axis=1, keepdims=True)).tolist()

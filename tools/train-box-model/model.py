"""A LLaMA-architecture language model in plain PyTorch, with the tensor names of Hugging Face's LlamaForCausalLM.

RMSNorm before attention and MLP, rotary embedding in the half-split layout, grouped-query attention, SwiGLU, tied
embedding, no biases. Matrix products run in bfloat16 while training (`amp`), the residual stream, normalisation and loss in
float32; with `amp` off everything is float32.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "head_dim": 64,
    "hidden_act": "silu",
    "hidden_size": 256,
    "initializer_range": 0.02,
    "intermediate_size": 512,
    "max_position_embeddings": 256,
    "mlp_bias": False,
    "model_type": "llama",
    "num_attention_heads": 4,
    "num_hidden_layers": 5,
    "num_key_value_heads": 2,
    "pretraining_tp": 1,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
    "torch_dtype": "float16",
    "transformers_version": "4.44.0",
    "use_cache": True,
    "vocab_size": 2048,
}


class RMSNorm(nn.Module):
    def __init__(self, width, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rotate(x, cos, sin):
    """Rotary embedding, half-split: pairs are (i, i + d/2). x: (..., T, d); cos, sin: (T, d/2)."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads, self.kv, self.d = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        width = c["hidden_size"]
        self.q_proj = nn.Linear(width, self.heads * self.d, bias=False)
        self.k_proj = nn.Linear(width, self.kv * self.d, bias=False)
        self.v_proj = nn.Linear(width, self.kv * self.d, bias=False)
        self.o_proj = nn.Linear(self.heads * self.d, width, bias=False)

    def forward(self, x, cos, sin, mask):
        B, T, _ = x.shape
        q = rotate(self.q_proj(x).view(B, T, self.heads, self.d).transpose(1, 2), cos, sin)
        k = rotate(self.k_proj(x).view(B, T, self.kv, self.d).transpose(1, 2), cos, sin)
        v = self.v_proj(x).view(B, T, self.kv, self.d).transpose(1, 2)
        # the query heads that share a key head are stacked along the time axis: no copies of k and v
        q = (q * (1 / math.sqrt(self.d))).reshape(B, self.kv, -1, self.d)
        p = F.softmax((q @ k.transpose(2, 3)).view(B, self.heads, T, T) + mask, -1)
        o = p.view(B, self.kv, -1, T) @ v
        return self.o_proj(o.view(B, self.heads, T, self.d).transpose(1, 2).reshape(B, T, -1))


class MLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, hidden = c["hidden_size"], c["intermediate_size"]
        self.gate_proj = nn.Linear(width, hidden, bias=False)
        self.up_proj = nn.Linear(width, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])
        self.self_attn = Attention(c)
        self.post_attention_layernorm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])
        self.mlp = MLP(c)

    def forward(self, h, cos, sin, mask, dtype):
        h = h + self.self_attn(self.input_layernorm(h).to(dtype), cos, sin, mask)
        return h + self.mlp(self.post_attention_layernorm(h).to(dtype))


class Body(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])


class Llama(nn.Module):
    def __init__(self, c, amp=False):
        super().__init__()
        self.config, self.amp = c, amp
        self.model = Body(c)
        angles = torch.outer(torch.arange(c["max_position_embeddings"]), c["rope_theta"] ** (-torch.arange(0, c["head_dim"], 2) / c["head_dim"]))
        self.angles = angles
        for name, p in self.named_parameters():
            if p.dim() == 2:
                scale = 1 / math.sqrt(2 * c["num_hidden_layers"]) if name.endswith(("o_proj.weight", "down_proj.weight")) else 1
                std = c["initializer_range"] if "embed" in name else scale / math.sqrt(p.shape[1])
                nn.init.normal_(p, std=std)

    def forward(self, ids):
        """Logits (B, T, V) in float32 for ids (B, T)."""
        T = ids.shape[1]
        dtype = torch.bfloat16 if self.amp else torch.float32
        with torch.autocast("cpu", torch.bfloat16, enabled=self.amp):
            cos, sin = self.angles[:T].cos().to(dtype), self.angles[:T].sin().to(dtype)
            mask = torch.full((T, T), -1e9).triu(1).to(dtype)
            h = F.embedding(ids, self.model.embed_tokens.weight)
            for layer in self.model.layers:
                h = layer(h, cos, sin, mask, dtype)
            return F.linear(self.model.norm(h).to(dtype), self.model.embed_tokens.weight).float()

"""Public names of latent-diffusion weights -> names of this model's parameters.

Knows the UNet and autoencoder of Stable Diffusion 1 as diffusers names them (`down_blocks.0.resnets.0…`) and as CompVis
does (`model.diffusion_model.input_blocks…`, `first_stage_model…`), and AnimateDiff's motion modules, its own names and
diffusers'.
"""
import re

from .unet import RESNETS_DOWN, RESNETS_UP

LEVELS = 4
#: Left out on purpose, and why.
IGNORED = (
    (r"\.transformer_blocks\.\d+\.(attn2|norm2)\.", "attention to text"),
    (r"^(cond_stage_model|text_model|text_encoder)\.", "text encoder"),
    (r"^model_ema\.", "moving averages"),
    (r"\.pos_encoder\.|pos_embed", "sinusoids of time"),
    (r"^mid_block\.motion_modules\.", "motion module in the middle"),
    (r"^(betas|alphas_cumprod|alphas_cumprod_prev|sqrt_\w+|log_one_minus_\w+|posterior_\w+|lvlb_weights|logvar)$", "noise schedule"),
    (r"^scale_factor$|^model\.diffusion_model\.label_emb\.|^loss\.", "not of the model"),
)
MOTION = re.compile(r"(down|up)_blocks\.(\d)\.motion_modules\.(\d)\.(.*)")
RESNET = {
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}
OUTER = {
    "time_embed.0": "time_embedding.linear_1",
    "time_embed.2": "time_embedding.linear_2",
    "input_blocks.0.0": "conv_in",
    "out.0": "conv_norm_out",
    "out.2": "conv_out",
    "middle_block.0": "mid_block.resnets.0",
    "middle_block.1": "mid_block.attentions.0",
    "middle_block.2": "mid_block.resnets.1",
}
#: Attention of the autoencoder: CompVis, and diffusers before 0.18.
VAE_ATTENTION = {
    "norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0",
    "query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0",
}  # fmt: skip
ADAPTER = {"attn1": "attention_blocks.0", "attn2": "attention_blocks.1", "norm1": "norms.0", "norm2": "norms.1", "norm3": "ff_norm"}


def why_ignored(key):
    """Why a public key has no place here; None for one that has."""
    if MOTION.search(key) and "pos_" not in key:
        return None
    return next((reason for pattern, reason in IGNORED if re.search(pattern, key)), None)


def own_name(key):
    """This model's name for a public key; None where it is unknown."""
    key = re.sub(r"^module\.", "", key)
    if match := MOTION.fullmatch(key):
        return motion_name(*match.groups())
    if key.startswith("model.diffusion_model."):
        name = compvis_unet_name(key[len("model.diffusion_model.") :])
        return None if name is None else f"backbone.{name}"
    if key.startswith("first_stage_model."):
        name = compvis_vae_name(key[len("first_stage_model.") :])
        return None if name is None else f"vae.{name}"
    if re.match(r"(encoder|decoder|quant_conv|post_quant_conv)\.", key):
        return f"vae.{vae_attention_name(key)}"
    if re.match(r"(conv_in|time_embedding|down_blocks|mid_block|up_blocks|conv_norm_out|conv_out)\.", key):
        return f"backbone.{key}"
    return None


def motion_name(way, block, module, rest):
    first = int(block) * RESNETS_DOWN if way == "down" else LEVELS * RESNETS_DOWN + int(block) * RESNETS_UP
    rest = re.sub(r"^(?!temporal_transformer\.)", "temporal_transformer.", rest)
    match = re.fullmatch(r"(.*transformer_blocks\.0)\.(attn1|attn2|norm1|norm2|norm3)\.(.*)", rest)
    if match:
        rest = f"{match[1]}.{ADAPTER[match[2]]}.{match[3]}"
    return f"motion.{first + int(module)}.{rest}"


def compvis_unet_name(key):
    for outer, name in OUTER.items():
        if key.startswith(f"{outer}."):
            return renamed(name, key[len(outer) + 1 :])
    match = re.fullmatch(r"(input|output)_blocks\.(\d+)\.(\d)\.(.*)", key)
    if match is None:
        return None
    way, number, part, rest = match[1], int(match[2]), int(match[3]), match[4]
    if way == "input":
        level, index = divmod(number - 1, RESNETS_DOWN + 1)
        if index == RESNETS_DOWN:
            return f"down_blocks.{level}.downsamplers.0.{rest.replace('op.', 'conv.', 1)}"
        return renamed(f"down_blocks.{level}.{'attentions' if part else 'resnets'}.{index}", rest)
    level, index = divmod(number, RESNETS_UP)
    if rest.startswith("conv."):
        return f"up_blocks.{level}.upsamplers.0.{rest}"
    return renamed(f"up_blocks.{level}.{'attentions' if part else 'resnets'}.{index}", rest)


def renamed(name, rest):
    """`rest` of a residual block in diffusers' words; of anything else as it is."""
    layer, _, kind = rest.rpartition(".")
    return f"{name}.{RESNET.get(layer, layer)}.{kind}" if layer else f"{name}.{kind}"


def compvis_vae_name(key):
    key = key.replace("nin_shortcut", "conv_shortcut").replace("norm_out", "conv_norm_out")
    key = re.sub(r"mid\.block_([12])\.", lambda m: f"mid_block.resnets.{int(m[1]) - 1}.", key)
    key = key.replace("mid.attn_1.", "mid_block.attentions.0.")
    key = re.sub(r"encoder\.down\.(\d)\.block\.", r"encoder.down_blocks.\1.resnets.", key)
    key = re.sub(r"encoder\.down\.(\d)\.downsample\.", r"encoder.down_blocks.\1.downsamplers.0.", key)
    key = re.sub(r"decoder\.up\.(\d)\.block\.", lambda m: f"decoder.up_blocks.{LEVELS - 1 - int(m[1])}.resnets.", key)
    key = re.sub(r"decoder\.up\.(\d)\.upsample\.", lambda m: f"decoder.up_blocks.{LEVELS - 1 - int(m[1])}.upsamplers.0.", key)
    return vae_attention_name(key)


def vae_attention_name(key):
    match = re.fullmatch(r"(.*mid_block\.attentions\.0)\.(\w+)\.(weight|bias)", key)
    return key if match is None else f"{match[1]}.{VAE_ATTENTION.get(match[2], match[2])}.{match[3]}"

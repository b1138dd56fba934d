"""Random models of the real classes, small enough for tests, in the folders that loaders read."""

from __future__ import annotations

import json

import torch

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def save_dinov2(folder, width=32, layers=2, patch=14):
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    config = Dinov2Config(
        hidden_size=width, num_hidden_layers=layers, num_attention_heads=2, patch_size=patch,
        image_size=4 * patch, initializer_range=0.2,
    )  # fmt: skip
    Dinov2Model(config).save_pretrained(folder)
    return folder


def save_stable_diffusion(folder):
    """A pipeline with the structure of Stable Diffusion 1.5: four decoder blocks, VAE stride 8."""
    from diffusers import (
        AutoencoderKL,
        PNDMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )

    torch.manual_seed(0)
    tokenizer, text_encoder = _text(folder.parent / "words")
    unet = UNet2DConditionModel(
        sample_size=8, block_out_channels=(8, 16, 24, 24), layers_per_block=2, norm_num_groups=4,
        cross_attention_dim=8, attention_head_dim=2,
        down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), norm_num_groups=4, latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    )  # fmt: skip
    scheduler = PNDMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True,
        steps_offset=1,
    )  # fmt: skip
    pipeline = StableDiffusionPipeline(
        vae=vae, text_encoder=text_encoder, tokenizer=tokenizer, unet=unet, scheduler=scheduler,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    pipeline.save_pretrained(folder)
    return folder


def _text(folder):
    """A CLIP text tower that spells its words."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    folder.mkdir()
    names = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: index for index, name in enumerate(names)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    end = len(names) - 1
    config = CLIPTextConfig(
        hidden_size=8, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        vocab_size=len(names), max_position_embeddings=16, bos_token_id=end - 1, eos_token_id=end,
        pad_token_id=end,
    )  # fmt: skip
    return CLIPTokenizer.from_pretrained(folder), CLIPTextModel(config).eval()


def save_clip_text(folder):
    """The text tower with its projection, as CLIP's text encoder is loaded."""
    from transformers import CLIPTextModelWithProjection

    config = _text(folder)[1].config
    config.projection_dim = 8
    CLIPTextModelWithProjection(config).save_pretrained(folder)
    return folder


def save_sam(folder, kind):
    """A SAM that looks at 64 pixels, or a SAM 2 that looks at 128."""
    import transformers as t

    torch.manual_seed(0)
    if kind == "sam":
        vision = t.SamVisionConfig(
            hidden_size=8, output_channels=8, num_hidden_layers=1, num_attention_heads=2,
            image_size=64, patch_size=8, mlp_dim=8, window_size=4, global_attn_indexes=[0],
            num_pos_feats=4,
        )  # fmt: skip
        prompt = t.SamPromptEncoderConfig(
            hidden_size=8, image_size=64, patch_size=8, mask_input_channels=4
        )
        decoder = t.SamMaskDecoderConfig(
            hidden_size=8, mlp_dim=8, num_attention_heads=2, iou_head_hidden_dim=8,
            num_hidden_layers=1, attention_downsample_rate=1,
        )  # fmt: skip
        config = t.SamConfig(
            vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder
        )
        model = t.SamModel(config)
    else:
        widths, sizes = [8, 12, 16, 20], [[32, 32], [16, 16], [8, 8]]
        backbone = t.Sam2HieraDetConfig(
            hidden_size=8, image_size=[128, 128], blocks_per_stage=[1, 1, 1, 1],
            embed_dim_per_stage=widths, num_attention_heads_per_stage=[1, 1, 1, 1],
            window_size_per_stage=[8, 4, 4, 2], global_attention_blocks=[],
            window_positional_embedding_background_size=[4, 4],
        )  # fmt: skip
        vision = t.Sam2VisionConfig(
            backbone_config=backbone, backbone_channel_list=widths[::-1],
            backbone_feature_sizes=sizes, fpn_hidden_size=32,
        )  # fmt: skip
        prompt = t.Sam2PromptEncoderConfig(
            hidden_size=32, image_size=128, patch_size=16, mask_input_channels=4
        )
        decoder = t.Sam2MaskDecoderConfig(
            hidden_size=32, mlp_dim=8, num_attention_heads=2, iou_head_hidden_dim=8,
            num_hidden_layers=1,
        )  # fmt: skip
        config = t.Sam2Config(
            vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder
        )
        model = t.Sam2Model(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    model.save_pretrained(folder)
    return folder

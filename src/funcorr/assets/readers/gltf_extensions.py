"""What is done about each glTF extension: an allow-list."""

from __future__ import annotations

from typing import Any

from funcorr.assets.readers.pieces import Findings
from funcorr.errors import UserError

READ = frozenset(
    {
        "EXT_mesh_gpu_instancing",
        "EXT_texture_avif",
        "EXT_texture_webp",
        "EXT_meshopt_compression",
        "KHR_draco_mesh_compression",
        "KHR_meshopt_compression",
        "KHR_materials_pbrSpecularGlossiness",
        "KHR_mesh_quantization",
        "KHR_node_visibility",
        "KHR_texture_transform",
        "MESHOPT_compression",
        "MSFT_lod",  # the finest level is drawn
        "MSFT_texture_dds",
    }
)
"""The surface and its colour come out as the extension says."""

NAMED_WHERE_MET = frozenset(
    {
        "EXT_meshopt_compression",
        "KHR_meshopt_compression",
        "KHR_texture_basisu",
        "MESHOPT_compression",
    }
)
"""Not read; the reader uses the file's own fallback, or refuses by name where there is none."""

NEITHER_SURFACE_NOR_LOOK = frozenset(
    {
        "AGI_articulations",
        "AGI_stk_metadata",
        "BENTLEY_materials_line_style",
        "BENTLEY_materials_point_style",
        "CESIUM_RTC",  # an offset of the whole file
        "CESIUM_primitive_outline",
        "EXT_feature_metadata",
        "EXT_instance_features",
        "EXT_lights_ies",
        "EXT_lights_image_based",
        "EXT_mesh_features",
        "EXT_mesh_manifold",
        "EXT_mesh_primitive_edge_visibility",
        "EXT_structural_metadata",
        "FB_geometry_metadata",
        "GODOT_single_root",
        "GRIFFEL_bim_data",
        "KHR_animation_pointer",
        "KHR_audio_emitter",
        "KHR_framebuffer_value_mapping",
        "KHR_implicit_shapes",
        "KHR_interactivity",
        "KHR_lights_punctual",
        "KHR_node_hoverability",
        "KHR_node_selectability",
        "KHR_physics_rigid_bodies",
        "KHR_xmp",
        "KHR_xmp_json_ld",
        "MPEG_animation_timing",
        "MPEG_audio_spatial",
        "MPEG_scene_dynamic",
        "MPEG_viewport_recommended",
    }
)
"""Lights, sounds, behaviour, notes: nothing of the object's picture is lost."""

LOOKS = frozenset(
    {
        "ADOBE_materials_clearcoat_specular",
        "ADOBE_materials_clearcoat_tint",
        "ADOBE_materials_thin_transparency",
        "KHR_materials_anisotropy",
        "KHR_materials_clearcoat",
        "KHR_materials_diffuse_transmission",
        "KHR_materials_dispersion",
        "KHR_materials_emissive_strength",
        "KHR_materials_ior",
        "KHR_materials_iridescence",
        "KHR_materials_sheen",
        "KHR_materials_specular",
        "KHR_materials_subsurface",
        "KHR_materials_transmission",
        "KHR_materials_unlit",
        "KHR_materials_variants",  # the standard variant is drawn
        "KHR_materials_volume",
        "KHR_materials_volume_scatter",
        "MSFT_packing_normalRoughnessMetallic",
        "MSFT_packing_occlusionRoughnessMetallic",
        "NV_materials_mdl",
    }
)
"""Finer looks than base colour, roughness and metal: left out and said."""

REMEDIES = {
    "KHR_gaussian_splatting": "it has no surface; make a mesh of it",
    "KHR_techniques_webgl": "its looks are programs; export it with plain materials",
}


def check_extensions(content: dict[str, Any]) -> None:
    """Refuse a file that must not be read without an extension that is unknown here.

    Raises:
        UserError: ``extensionsRequired`` has another extension than those of this module.
    """
    known = READ | NAMED_WHERE_MET | NEITHER_SURFACE_NOR_LOOK | LOOKS
    for name in content.get("extensionsRequired", ()):
        if name not in known:
            remedy = REMEDIES.get(name, "export it without, for instance through Blender")
            raise UserError(f"it needs the glTF extension {name}, which is not read: {remedy}")


def tell_extensions(content: dict[str, Any], findings: Findings) -> None:
    """Say which extensions in use are left out."""
    silent = READ | NAMED_WHERE_MET | NEITHER_SURFACE_NOR_LOOK
    findings.left_out.update(str(n) for n in content.get("extensionsUsed", ()) if n not in silent)

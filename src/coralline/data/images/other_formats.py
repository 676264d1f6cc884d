"""Images in formats that aren't read here, and files that often lie where an image should: what they are, by their
first bytes or by the ending of their name, and what to do about it.

Signatures are those of the formats' own specifications; ISO 14496-12 for the brands of HEIC, AVIF, CR3 and videos.
"""

from __future__ import annotations

import dataclasses
import os
import re

from PIL import Image

HEAD_BYTES = 1024
"""So many bytes of a file show what it is."""


@dataclasses.dataclass(frozen=True)
class OtherFormat:
    """What a file is ("a HEIC image"), and what to do about it."""

    what: str
    fix: str


_CONVERT = "convert it to a JPEG or PNG of the same size, with the same name but for the ending"
_RENDER = "render it to a PNG of the size that was annotated, with the same name but for the ending"
_DEVELOP = "export it as JPEG from the camera maker's program, darktable or RawTherapee, and annotate that image"
_AGAIN = "download it again"

_HEIC = OtherFormat("a HEIC image", f"{_CONVERT} (`heif-convert`, ImageMagick; iPhones export JPEG)")
_AVIF = OtherFormat("an AVIF image", f"{_CONVERT} (`avifdec`, ImageMagick)")
_RAW = OtherFormat("a camera's RAW image", _DEVELOP)
_SVG = OtherFormat("an SVG drawing", _RENDER)
_PDF = OtherFormat("a PDF document", _RENDER)
_EPS = OtherFormat("a PostScript drawing", _RENDER)
_JXL, _JP2 = OtherFormat("a JPEG XL image", _CONVERT), OtherFormat("a JPEG 2000 image", _CONVERT)
_PSD, _XCF = OtherFormat("a Photoshop image", _CONVERT), OtherFormat("a GIMP image", _CONVERT)
_EXR, _HDR = OtherFormat("an OpenEXR image", _CONVERT), OtherFormat("a Radiance image", _CONVERT)
_DICOM = OtherFormat("a DICOM image", _CONVERT)
_PNM, _ICO = OtherFormat("a PBM, PGM or PPM image", _CONVERT), OtherFormat("an icon", _CONVERT)
_VIDEO = OtherFormat("a video", "save its frames as images (`ffmpeg -i VIDEO frame_%05d.jpg`), and annotate these")

_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), _HEIC),
    **dict.fromkeys((b"avif", b"avis"), _AVIF),
    b"crx ": _RAW,
}
_SIGNATURES = (
    (re.compile(rb"(?:II\*\0|MM\0\*).{4}CR\x02|II(?:RO|RS|U\0)|MMOR|FUJIFILMCCD-RAW|FOVb", re.DOTALL), _RAW),
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL \r\n"), _JXL),
    (re.compile(rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  \r\n"), _JP2),
    (re.compile(rb"%PDF-"), _PDF),
    (re.compile(rb"%!PS"), _EPS),
    (re.compile(rb"8BPS"), _PSD),
    (re.compile(rb"gimp xcf"), _XCF),
    (re.compile(rb"\x76\x2f\x31\x01"), _EXR),
    (re.compile(rb"#\?RADIANCE|#\?RGBE"), _HDR),
    (re.compile(rb".{128}DICM", re.DOTALL), _DICOM),
    (re.compile(rb"P[1-7]\s"), _PNM),
    (re.compile(rb"\0\0[\x01\x02]\0"), _ICO),
    (re.compile(rb"RIFF.{4}AVI |\x1a\x45\xdf\xa3", re.DOTALL), _VIDEO),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)", re.IGNORECASE), OtherFormat("a web page", _AGAIN)),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:.*<)?(?:\w+:)?svg\b", re.DOTALL), _SVG),
    (re.compile(rb"version https://git-lfs"), OtherFormat("a pointer of Git LFS", "fetch the files: `git lfs pull`")),
    (re.compile(rb"PK\x03\x04"), OtherFormat("a zip archive", "unpack it")),
    (re.compile(rb"\x1f\x8b"), OtherFormat("a file compressed by gzip", "unpack it")),
)
_ENDINGS = {
    **dict.fromkeys((".heic", ".heif", ".hif"), _HEIC),
    **dict.fromkeys((".avif", ".avifs"), _AVIF),
    **dict.fromkeys((".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".dng", ".orf", ".rw2"), _RAW),
    **dict.fromkeys((".raf", ".pef", ".srw", ".x3f", ".3fr", ".rwl"), _RAW),
    **dict.fromkeys((".svg", ".svgz"), _SVG),
    **dict.fromkeys((".eps", ".ps"), _EPS),
    **dict.fromkeys((".jp2", ".j2k", ".jpx"), _JP2),
    **dict.fromkeys((".pbm", ".pgm", ".ppm", ".pnm"), _PNM),
    **{".pdf": _PDF, ".jxl": _JXL, ".psd": _PSD, ".xcf": _XCF, ".exr": _EXR, ".dcm": _DICOM},
}
_REDUCED, _DNG_VERSION = 254, 50706
"""TIFF tags: NewSubfileType, whose bit 0 says that another image of the file is the real one (TIFF 6.0, section 8);
and the one that makes a TIFF a DNG."""


def by_content(head: bytes) -> OtherFormat | None:
    """What a file is that begins so; None for what isn't known."""
    if head[4:8] == b"ftyp":
        end = min(int.from_bytes(head[:4], "big"), len(head))
        brands = [head[at : at + 4] for at in (8, *range(16, end, 4))]
        known = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
        # `mif1` says no more than that it's an image; AVIF has it among its brands, too.
        return _AVIF if _AVIF in known else known[0] if known else _VIDEO
    return next((of for pattern, of in _SIGNATURES if pattern.match(head)), None)


def by_ending(name: str) -> OtherFormat | None:
    """What a file is by the ending of its name; None for images that are read, and for all other files."""
    return _ENDINGS.get(os.path.splitext(name)[1].lower())


def of_opened(image: Image.Image) -> OtherFormat | None:
    """What an image is that Pillow takes for a TIFF, but reads a small preview of."""
    tags = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    reduced = tags.get(_REDUCED, 0)
    return _RAW if _DNG_VERSION in tags or (isinstance(reduced, int) and reduced & 1) else None

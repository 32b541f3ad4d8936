"""Names of folders, files and classes that plainly tell nobody.

What identifies a person is never listed whole: a header may be cut, emptied, or say less than the folder around it. So
a name counts as telling until each of its words is one of these, and its only number a short count.
"""

import re

from medimage.data.sources.dicom.identifiers import LONGEST_COUNT

_SIGNS = re.compile(r"[A-Za-z0-9 _.,()@$+-]*")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def _words(written: str) -> frozenset[str]:
    return frozenset(written.split())


_KINDS_OF_IMAGES = _words(
    "cr ct dx mg mr mri nm oct ot pet pt px rf sc us xa xr xray dwi adc flair dce axial coronal sagittal ap pa lat "
    "lateral oblique cc mlo left right native contrast"
)
_FILES_AND_FOLDERS = _words(
    "data dataset dicom dicomdir dcm series ser study studies stu exam patient subject case visit scan image images "
    "img im slice frame movie film photo picture file export raw copy temp tmp test train val valid validation "
    "training testing part set batch fold folder readme license notes report manifest labels label thumbs db ds store "
    "macosx ea dir recycle bin system volume information csv tsv txt json xml md html pdf png jpg jpeg bmp tif tiff "
    "gif zip gz nii doc docx xls xlsx"
)
_BODY_PARTS = _words(
    "body chest thorax lung lungs heart abdomen liver kidney pelvis prostate spine skull brain breast colon skin bone "
    "knee hip shoulder ankle wrist elbow eye retina"
)
_FINDINGS = _words(
    "ill well healthy sick normal abnormal benign malignant positive negative yes no true false present absent disease "
    "control finding findings other none unknown mild moderate severe small large high low early late acute chronic "
    "stage grade class type score birads covid pneumonia tuberculosis tb cancer carcinoma cell tumor tumour lesion "
    "mass nodule effusion edema fracture hemorrhage stroke"
)

_WORDS_OF_PATHS = _KINDS_OF_IMAGES | _FILES_AND_FOLDERS | _BODY_PARTS
_WORDS_OF_CLASSES = _KINDS_OF_IMAGES | _BODY_PARTS | _FINDINGS


def is_plain_name(component: str) -> bool:
    """Returns whether the name of a folder or file plainly tells nobody, such as `CT`, `series 2` or `IM0012.dcm`.

    One letter may stand among the words, as in `S12`; two may be somebody's initials. A second number may make a date
    of birth of the first, or the number of a clinic and that of its patient.
    """
    return _is_plain(component, _WORDS_OF_PATHS, letters=1)


def is_plain_class(label: str) -> bool:
    """Returns whether a class plainly means what images show, such as `1`, `normal` or `BI-RADS 4`."""
    return _is_plain(label.replace("BI-RADS", "birads"), _WORDS_OF_CLASSES, letters=0)


def _is_plain(name: str, words: frozenset[str], *, letters: int) -> bool:
    if _SIGNS.fullmatch(name) is None:
        return False
    parts = _PART.findall(name)
    numbers = [part.lstrip("0") for part in parts if part.isdigit()]
    written = [part.lower() for part in parts if not part.isdigit()]
    unknown = [word for word in written if word not in words]
    return (
        len(numbers) <= 1
        and all(len(number) <= LONGEST_COUNT for number in numbers)
        and len(unknown) <= letters
        and all(len(word) == 1 for word in unknown)
    )

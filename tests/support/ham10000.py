"""The skin data set's layout with generated images."""

from pathlib import Path

from tests.support.images import encode, textured

LESION_CLASSES = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")


def make_ham10000(root: Path) -> Path:
    """Makes the files of HAM10000 as Kaggle gives them: 4 images of 2 lesions per class, and returns their folder.

    Two folders hold the images, two more the same ones again, and other CSVs lie beside the one that says what they
    are.
    """
    rows = ["lesion_id,image_id,dx,dx_type,age,sex,localization"]
    for number in range(4 * len(LESION_CLASSES)):
        name, part = f"ISIC_{24306 + number:07d}", 1 + number % 2
        for folder in (f"HAM10000_images_part_{part}", f"ham10000_images_part_{part}"):
            (root / folder).mkdir(parents=True, exist_ok=True)
            (root / folder / f"{name}.jpg").write_bytes(encode(textured(number), "JPEG"))
        dx = LESION_CLASSES[number // 4]
        rows.append(f'HAM_{number // 2:07d},{name},{dx},"histo",{"" if number % 5 else 45.0},male,lower extremity')
    (root / "HAM10000_metadata.csv").write_text("\n".join(rows) + "\n")
    for name in ("8_8_L", "28_28_RGB"):
        (root / f"hmnist_{name}.csv").write_text("pixel0000,label\n1,2\n")
    for name in (".DS_Store", "hmnist_28_28_L.csv", "notes.txt"):
        (root / name).write_text("x")
    return root

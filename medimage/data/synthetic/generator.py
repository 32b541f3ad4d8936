"""Sets of phantoms: patients of every class, each with several images."""

from collections.abc import Iterator

from medimage.data.synthetic.patient import draw_patient
from medimage.data.synthetic.phantom import PHANTOM_CLASSES, Phantom


def generate_phantoms(
    *, patients_per_class: int, images_per_patient: int, image_size: int, seed: int
) -> Iterator[Phantom]:
    """Generates a set of synthetic chest radiographs.

    Classes differ in shape, texture and place of the disease alone. Anatomy, position, exposure, noise and machine
    vary independently of the class. The same seed gives the same pixels, and a larger set contains the smaller one.

    Args:
        patients_per_class: Patients of each of the classes in `PHANTOM_CLASSES`, at least 1.
        images_per_patient: Images of each patient, at least 1.
        image_size: Height and width of an image, in pixels, at least 32.
        seed: Seed, not negative.

    Returns:
        The phantoms, drawn one by one as they are asked for: class by class, patient by patient.

    Raises:
        ValueError: If an argument is too small.
    """
    smallest = {"patients_per_class": 1, "images_per_patient": 1, "image_size": 32, "seed": 0}
    given = {
        "patients_per_class": patients_per_class,
        "images_per_patient": images_per_patient,
        "image_size": image_size,
        "seed": seed,
    }
    for name, value in given.items():
        if value < smallest[name]:
            raise ValueError(f"Expected {name} to be at least {smallest[name]} but got {value}")
    return (
        patient.take_image(image, image_size=image_size)
        for class_name in PHANTOM_CLASSES
        for number in range(patients_per_class)
        for patient in [draw_patient(class_name, number, image_size=image_size, seed=seed)]
        for image in range(images_per_patient)
    )

"""What only the authors of a model know; it stands in its dossier beside what the run has measured."""

from medimage.config.section import Section


class DossierConfig(Section):
    """Statements of the authors, each in a sentence or a few. What is not stated is shown as a blank."""

    background: str = ""
    """Medical background: the problem, who has it solved how so far, and the part that the model is to play."""

    aim: str = ""
    """Aim and hypothesis of the study, and whether it was planned before the images were taken or after."""

    intended_use: str = ""
    """What the model is for, for which patients, where in their care, and who reads its answers; research on images
    like those it was trained on when not stated."""

    out_of_scope: str = ""
    """What the model must not be used for."""

    inequalities: str = ""
    """Known differences in health or care between groups of people that bear on the problem, and what was done so that
    the model does not add to them."""

    setting: str = ""
    """Where and when the images were taken: kind and number of hospitals, countries, first and last date."""

    eligibility: str = ""
    """Which patients and images were to be taken in, and which not, before any image was seen; and their treatments."""

    acquisition: str = ""
    """How the images were taken: scanners, protocols, contrast, and how they were freed of names."""

    characteristics: str = ""
    """Age, sex and state of disease of the patients, by part of the split where it differs."""

    reference_standard: str = ""
    """How the true class of an image was found, why so, by whom (qualification), blinded to what, and how well readers
    agreed."""

    sample_size: str = ""
    """How the number of images to train and to test on was arrived at."""

    external_validation: str = ""
    """On which images of other places or times the model was judged, with which result."""

    clinical_use: str = ""
    """What the result means in practice: how users and model work together, what users must know, and what is next."""

    limitations: str = ""
    """Limits beyond those that the run tells itself."""

    quality_management: str = ""
    """Which disciplines took part, and how software is engineered, secured and its risks are managed."""

    monitoring: str = ""
    """How a model in use is watched, and what leads to training it anew."""

    ethics: str = ""
    """Ethics committee, its decision, and the patients' consent or the reason why none was needed."""

    involvement: str = ""
    """How patients and the public had a say, or that they had none."""

    registration: str = ""
    """Where study and protocol are registered and can be read, or that they are not."""

    availability: str = ""
    """Where data, code and model can be had, and under which terms."""

    funding: str = ""
    """Who paid, and what part they had."""

    conflicts: str = ""
    """Conflicts of interest of the authors."""

    contact: str = ""
    """Who answers questions on the model."""

"""The literature behind a view, as BibTeX."""

from collections.abc import Iterable

LI = """@inproceedings{li2018visualizing,
  author    = {Li, Hao and Xu, Zheng and Taylor, Gavin and Studer, Christoph and Goldstein, Tom},
  title     = {Visualizing the Loss Landscape of Neural Nets},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {31},
  year      = {2018}
}"""
HE = """@inproceedings{he2016deep,
  author    = {He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian},
  title     = {Deep Residual Learning for Image Recognition},
  booktitle = {Proceedings of the {IEEE} Conference on Computer Vision and Pattern Recognition},
  pages     = {770--778},
  year      = {2016}
}"""
SIMONYAN = """@inproceedings{simonyan2015very,
  author    = {Simonyan, Karen and Zisserman, Andrew},
  title     = {Very Deep Convolutional Networks for Large-Scale Image Recognition},
  booktitle = {International Conference on Learning Representations},
  year      = {2015}
}"""
ALPAYDIN = """@misc{alpaydin1998optical,
  author       = {Alpaydin, E. and Kaynak, C.},
  title        = {Optical Recognition of Handwritten Digits},
  howpublished = {{UCI} Machine Learning Repository},
  year         = {1998}
}"""

ARCHITECTURES = {"resnet": HE, "vgg": SIMONYAN}
"""By how an architecture's name begins."""
DATA = {"digits": ALPAYDIN}


def bibtex(subjects: Iterable[tuple[str, str]]) -> str:
    """The entries that pictures of some networks need; the method first, each entry once.

    Args:
        subjects: each network's architecture, and the name of the data its loss is averaged over.

    Example:
        >>> [line for line in bibtex([("resnet20", "digits"), ("resnet56", "digits")]).splitlines() if "@" in line]
        ['@inproceedings{li2018visualizing,', '@inproceedings{he2016deep,', '@misc{alpaydin1998optical,']
    """
    asked = list(subjects)
    networks = [entry for name, _ in asked for start, entry in ARCHITECTURES.items() if name.startswith(start)]
    data = [DATA[name] for _, name in asked if name in DATA]
    return "\n\n".join(dict.fromkeys([LI, *networks, *data])) + "\n"

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
IDENTITY = """@inproceedings{he2016identity,
  author    = {He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian},
  title     = {Identity Mappings in Deep Residual Networks},
  booktitle = {European Conference on Computer Vision},
  pages     = {630--645},
  year      = {2016}
}"""
ZAGORUYKO = """@inproceedings{zagoruyko2016wide,
  author    = {Zagoruyko, Sergey and Komodakis, Nikos},
  title     = {Wide Residual Networks},
  booktitle = {British Machine Vision Conference},
  year      = {2016}
}"""
HUANG = """@inproceedings{huang2017densely,
  author    = {Huang, Gao and Liu, Zhuang and van der Maaten, Laurens and Weinberger, Kilian Q.},
  title     = {Densely Connected Convolutional Networks},
  booktitle = {Proceedings of the {IEEE} Conference on Computer Vision and Pattern Recognition},
  pages     = {4700--4708},
  year      = {2017}
}"""
KRIZHEVSKY = """@inproceedings{krizhevsky2012imagenet,
  author    = {Krizhevsky, Alex and Sutskever, Ilya and Hinton, Geoffrey E.},
  title     = {{ImageNet} Classification with Deep Convolutional Neural Networks},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {25},
  year      = {2012}
}"""
SANDLER = """@inproceedings{sandler2018mobilenetv2,
  author    = {Sandler, Mark and Howard, Andrew and Zhu, Menglong and Zhmoginov, Andrey and Chen, Liang-Chieh},
  title     = {{MobileNetV2}: Inverted Residuals and Linear Bottlenecks},
  booktitle = {Proceedings of the {IEEE} Conference on Computer Vision and Pattern Recognition},
  pages     = {4510--4520},
  year      = {2018}
}"""
DOSOVITSKIY = """@inproceedings{dosovitskiy2021image,
  author    = {Dosovitskiy, Alexey and Beyer, Lucas and Kolesnikov, Alexander and Weissenborn, Dirk and Zhai, Xiaohua
               and Unterthiner, Thomas and Dehghani, Mostafa and Minderer, Matthias and Heigold, Georg and
               Gelly, Sylvain and Uszkoreit, Jakob and Houlsby, Neil},
  title     = {An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale},
  booktitle = {International Conference on Learning Representations},
  year      = {2021}
}"""
VASWANI = """@inproceedings{vaswani2017attention,
  author    = {Vaswani, Ashish and Shazeer, Noam and Parmar, Niki and Uszkoreit, Jakob and Jones, Llion
               and Gomez, Aidan N. and Kaiser, {\\L}ukasz and Polosukhin, Illia},
  title     = {Attention is All You Need},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {30},
  year      = {2017}
}"""
ALPAYDIN = """@misc{alpaydin1998optical,
  author       = {Alpaydin, E. and Kaynak, C.},
  title        = {Optical Recognition of Handwritten Digits},
  howpublished = {{UCI} Machine Learning Repository},
  year         = {1998}
}"""
TINY = """@techreport{krizhevsky2009learning,
  author      = {Krizhevsky, Alex},
  title       = {Learning Multiple Layers of Features from Tiny Images},
  institution = {University of Toronto},
  year        = {2009}
}"""
LECUN = """@article{lecun1998gradient,
  author  = {LeCun, Yann and Bottou, L{\\'e}on and Bengio, Yoshua and Haffner, Patrick},
  title   = {Gradient-Based Learning Applied to Document Recognition},
  journal = {Proceedings of the {IEEE}},
  volume  = {86},
  number  = {11},
  pages   = {2278--2324},
  year    = {1998}
}"""
XIAO = """@misc{xiao2017fashion,
  author = {Xiao, Han and Rasul, Kashif and Vollgraf, Roland},
  title  = {{Fashion-MNIST}: a Novel Image Dataset for Benchmarking Machine Learning Algorithms},
  note   = {arXiv:1708.07747},
  year   = {2017}
}"""

GOODFELLOW = """@inproceedings{goodfellow2015qualitatively,
  author    = {Goodfellow, Ian J. and Vinyals, Oriol and Saxe, Andrew M.},
  title     = {Qualitatively Characterizing Neural Network Optimization Problems},
  booktitle = {International Conference on Learning Representations},
  year      = {2015}
}"""
GARIPOV = """@inproceedings{garipov2018loss,
  author    = {Garipov, Timur and Izmailov, Pavel and Podoprikhin, Dmitrii and Vetrov, Dmitry and
               Wilson, Andrew Gordon},
  title     = {Loss Surfaces, Mode Connectivity, and Fast Ensembling of {DNNs}},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {31},
  year      = {2018}
}"""

KESKAR = """@inproceedings{keskar2017large,
  author    = {Keskar, Nitish Shirish and Mudigere, Dheevatsa and Nocedal, Jorge and Smelyanskiy, Mikhail and
               Tang, Ping Tak Peter},
  title     = {On Large-Batch Training for Deep Learning: Generalization Gap and Sharp Minima},
  booktitle = {International Conference on Learning Representations},
  year      = {2017}
}"""
DINH = """@inproceedings{dinh2017sharp,
  author    = {Dinh, Laurent and Pascanu, Razvan and Bengio, Samy and Bengio, Yoshua},
  title     = {Sharp Minima Can Generalize For Deep Nets},
  booktitle = {International Conference on Machine Learning},
  pages     = {1019--1028},
  year      = {2017}
}"""
DESLAURIERS = """@article{deslauriers1989symmetric,
  author  = {Deslauriers, Gilles and Dubuc, Serge},
  title   = {Symmetric Iterative Interpolation Processes},
  journal = {Constructive Approximation},
  volume  = {5},
  pages   = {49--68},
  year    = {1989}
}"""

LIBRARIES = ("torchvision:", "timm:")
"""Begin the architectures of libraries, which are called as their papers are."""
ARCHITECTURES = {
    "resnet": (HE,),
    "vgg56": (HE,),
    "vgg110": (HE,),
    "vgg": (SIMONYAN,),
    "preresnet": (IDENTITY,),
    "wrn": (HE, ZAGORUYKO),
    "wide_resnet": (HE, ZAGORUYKO),
    "densenet": (HUANG,),
    "alexnet": (KRIZHEVSKY,),
    "mobilenet_v2": (SANDLER,),
    "vit_": (DOSOVITSKIY,),
    "transformer": (VASWANI,),
}
"""By how an architecture's name begins, the first that fits."""
DATA = {"digits": ALPAYDIN, "cifar10": TINY, "cifar100": TINY, "mnist": LECUN, "fashion-mnist": XIAO}


def bibtex(subjects: Iterable[tuple[str, str]], methods: Iterable[str] = ()) -> str:
    """The entries that pictures of some networks need; the methods first, each entry once.

    Args:
        subjects: each network's architecture, and the name of the data its loss is averaged over.
        methods: entries of what else was used.

    Example:
        >>> [line for line in bibtex([("resnet20", "digits"), ("resnet56", "digits")]).splitlines() if "@" in line]
        ['@inproceedings{li2018visualizing,', '@inproceedings{he2016deep,', '@misc{alpaydin1998optical,']
    """
    asked = list(subjects)
    networks = [entry for name, _ in asked for entry in architecture(name)]
    data = [DATA[name] for _, name in asked if name in DATA]
    return "\n\n".join(dict.fromkeys([LI, *methods, *networks, *data])) + "\n"


def architecture(name: str) -> tuple[str, ...]:
    """The entries that a network's architecture needs.

    Example:
        >>> architecture("vgg110") == architecture("resnet20") == architecture("timm:resnet18")
        True
        >>> architecture("mlp"), architecture("study:resnet@0123")
        ((), ())
    """
    plain = next((name.removeprefix(start) for start in LIBRARIES if name.startswith(start)), name)
    return next((entries for start, entries in ARCHITECTURES.items() if plain.startswith(start)), ())

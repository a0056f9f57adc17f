"""The shape of one example, whether it is one tensor or several."""

Shape = tuple[int, ...]
"""Of one tensor: (channels, height, width) of an image, (length,) of a sequence."""

InputShape = Shape | tuple[tuple[str, Shape], ...]
"""Of all that a network takes: one shape, or a name and a shape for each tensor, positions counted from 0 as names."""


def shape_text(shape: InputShape) -> str:
    """A shape in words.

    Example:
        >>> shape_text((3, 32, 32))
        '(3, 32, 32)'
        >>> shape_text((("attention_mask", (12,)), ("input_ids", (12,))))
        'attention_mask (12,), input_ids (12,)'
    """
    several = [f"{part[0]} {part[1]}" for part in shape if isinstance(part, tuple)]
    return ", ".join(several) or str(shape)


def one_shape(shape: InputShape) -> Shape:
    """The shape of the only tensor that a network takes, () where it takes several.

    Example:
        >>> one_shape((3, 32, 32)), one_shape((("0", (12,)), ("1", (12,))))
        ((3, 32, 32), ())
    """
    return tuple(side for side in shape if isinstance(side, int))

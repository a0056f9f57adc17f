"""What each control does, in a sentence, with its formula and the paper it is from."""

from dataclasses import dataclass

from compute.errors import UnknownName
from compute.formatting import number
from compute.minima import NOISE
from viewer.state import SEEDS


@dataclass(frozen=True, slots=True)
class Explained:
    """A control's `title` as one reads it, one sentence on it, and, where there are any, a formula and its source.

    In a formula, `_{...}` is written below the line and `^{...}` above it; each line stands for itself.
    """

    title: str
    sentence: str
    formula: str = ""
    source: str = ""


LI = "Li et al. 2018"

EXPLAINED = {
    "quantity": Explained(
        "Quantity",
        "The height is the mean loss of the examples, the share of them that is classified correctly, how steeply the "
        "loss rises within the plane, the gradient's norm over all parameters, by a backward pass at every point, or, "
        "where an imported file holds them, the smallest and largest eigenvalues λ of the loss's Hessian.",
        "f(α, β) = 1/N Σ_{i} ℓ_{i}(θ* + α δ + β η)\nslope = √((∂f/∂α)^{2} + (∂f/∂β)^{2}),  gradient = ‖∇_{θ} L‖_{2}",
        f"{LI}, section 3",
    ),
    "height": Explained(
        "Height",
        "Logarithmic, a factor is the same step everywhere and a deep basin shows, but nothing below zero; linear, the "
        "loss stands as it is; capped, whatever lies above a cap is cut off: the numbers stay the same, the shape "
        "does not; auto is logarithmic for one surface and capped for several, at one cap, so that a quarter of each "
        "surface lies below a third of it.",
        "h = log_{10} f,  h = f,  h = min(f, cap)",
    ),
    "colours": Explained(
        "Colours",
        "In each of these maps equal steps of height look equally large and brightness alone tells high from low, so "
        "that they can be read in print and by colour-blind eyes; Cividis is made for these.",
        "colour(h) = map((h − h_{low}) / (h_{high} − h_{low}))",
        "Nuñez, Anderton and Renslow 2018 (Cividis)",
    ),
    "plane": Explained(
        "Plane",
        "PCA takes the directions in which the checkpoints vary most; three points, the plane through the last "
        "checkpoint and two others; random, two directions that see next to nothing of a training run, however "
        "smooth it looks.",
        "δ, η = the first eigenvectors of Σ_{i} (d_{i} − d̄)(d_{i} − d̄)^{T},  d_{i} = θ_{i} − θ*",
        f"{LI}, section 7 and Figures 8 and 9",
    ),
    "skip": Explained(
        "Skipped epochs",
        "The first steps of a training run are often so long that they alone decide the plane: without them it shows "
        "the rest more truly, and they are still drawn where they are projected.",
        "i ≥ k",
    ),
    "ignore": Explained(
        "Biases and BatchNorm",
        "Leaves out of the directions all tensors of one dimension, as the paper's public code does; without it they "
        "take part like all other weights.",
        "δ_{b} = η_{b} = 0",
        f"{LI}, public code (projection.py)",
    ),
    "through": Explained(
        "Checkpoints of the plane",
        "The plane goes through the last checkpoint of the first run, at (0, 0), through the second at (1, 0), and "
        "through the third at β = 1; every other checkpoint is projected onto it.",
        "δ = θ_{2} − θ*\nη = (θ_{3} − θ*) − ⟨θ_{3} − θ*, δ⟩ δ / ‖δ‖^{2}",
        "Garipov et al. 2018, section 3",
    ),
    "margin": Explained(
        "Margin",
        "The room around the checkpoints and θ*, at least, as a share of what they take up; ends are rounded outwards.",
        "at least [min − m w, max + m w],  w = max − min",
    ),
    "look": Explained(
        "Surfaces as",
        "Relief carves the surface out of a block, with shadows and a flat lid where a cap cuts it off, and Plotly "
        "shows the surface alone; heights, colours, limits and ticks are the same.",
        "z = (h(α, β) − h_{low}) / (h_{high} − h_{low})",
    ),
    "levels": Explained(
        "Contour levels",
        "The lines of equal height lie evenly in what is drawn, evenly in the loss, eight to a decade, or where the "
        "paper's public code draws them; close lines mean a steep place only where the levels are even.",
        "0.1, 0.6, …, 9.6 and 10^{1}, 10^{2}, …, 10^{8}",
        f"{LI}, public code (plot_2D.py)",
    ),
    "smoothing": Explained(
        "Smoothing",
        "Averages each height with its neighbours, for the picture only and off unless asked for: it can hide small "
        "minima that are there, and no number is read off the smoothed heights.",
        "h(p) ← Σ_{q} g(p − q) h(q) / Σ_{q} g(p − q)\ng(d) = exp(−‖d‖^{2} / 2σ^{2}),  σ = one spacing",
    ),
    "wireframe": Explained(
        "Grid lines",
        "Draws lines of constant α and of constant β on the surface, so that its shape shows without light and colour; "
        "they add no measurement.",
        "α = const.,  β = const.",
    ),
    "floor": Explained(
        "Contours on the floor",
        "Draws the lines of equal height below the surface as on a map, so that the outline of the basin is seen where "
        "the surface itself hides it.",
        "{(α, β) : h(α, β) = c}",
    ),
    "scale": Explained(
        "Scale",
        "With one scale for all panels the same height and colour mean the same loss; with a scale of its own each "
        "panel shows its shape best, but heights must not be compared by eye.",
        "shared: from min_{k} min h_{k} to max_{k} max h_{k}",
    ),
    "difference": Explained(
        "Difference",
        "Draws by how much this model's height differs from the first panel's at the same (α, β), on a logarithmic "
        "scale by which factor; each network moves along its own directions, so pictures are compared, not weights.",
        "Δ = h_{k}(α, β) − h_{1}(α, β)",
    ),
    "depth": Explained(
        "Depth of minima",
        "How far one has to climb from a minimum before the surface falls lower still (its persistence); one that is "
        f"less deep is not marked, and one whose saddle lies less than {number(NOISE)} standard errors higher, over "
        "the same examples, may be made by these examples alone and is marked faintly.",
        "depth = f(saddle) − f(minimum)\nz = mean_{i}(ℓ_{i}(saddle) − ℓ_{i}(minimum)) / SE",
        "Edelsbrunner, Letscher and Zomorodian 2002 (persistence)",
    ),
    "points": Explained(
        "Resolution",
        "How finely the plane is sampled: a valley narrower than the spacing can stay unseen, and the count of minima "
        "grows with the resolution, so compare it only at the same one.",
        "n = 2 · range / spacing + 1\nspacing = 2^{−level}",
    ),
    "range": Explained(
        "Range",
        "How far the weights are moved: at 1 every filter has gone as far as it is long, and training may take it "
        "further (63 % of the filters of the gallery's VGG-9 by SGD with batches of 128 and weight decay); the "
        "automatic range is one at whose edge half of the losses are as bad as guessing.",
        "−r ≤ α, β ≤ r\n‖α δ_{f}‖ = |α| ‖w_{f}‖",
        f"{LI}, section 4",
    ),
    "split": Explained(
        "Split",
        "The examples are those the network was trained on, or those kept aside; the test loss was never minimised, "
        "so its minimum need not be at the model.",
        "f(α, β) = 1/N Σ_{i ∈ split} ℓ_{i}(α, β)",
    ),
    "samples": Explained(
        "Examples",
        "How many examples each point averages over, the same at every point; the standard error tells how far the "
        "loss may lie from that over all examples like these.",
        "± s / √N\ns^{2} = 1/(N − 1) Σ_{i} (ℓ_{i} − f)^{2}",
    ),
    "statistic": Explained(
        "Loss statistic",
        "What is said of the examples' losses at a point: their mean, one class's, the loss that half or nine tenths "
        "stay below, or a mean in which examples of large loss count less, which smooths the landscape.",
        "f = Σ_{i} w_{i} ℓ_{i},  w_{i} ∝ exp(−ℓ_{i} / T)",
        "Zancato 2019 (importance weights)",
    ),
    "norm": Explained(
        "Normalisation",
        "Makes each filter of a random direction as long as the network's own, so that networks which differ only in "
        "the scale of their weights look alike; by layer, by weight or not at all, widths cannot be compared.",
        "δ_{f} ← δ_{f} ‖w_{f}‖ / ‖δ_{f}‖ for each filter f\n0 for biases and BatchNorm",
        f"{LI}, section 4",
    ),
    "seed": Explained(
        "Seed",
        "Names the pair of random directions, so that the same seed gives the same plane on every machine; what only "
        "one seed shows may be chance.",
        "δ, η ~ N(0, I), then scaled",
        f"{LI}, section 3",
    ),
    "cosine": Explained(
        "Cosine of the directions",
        "How far the two directions are from a right angle, beside what is expected by chance; a much larger one means "
        "that the picture is sheared.",
        "cos = δ·η / (‖δ‖ ‖η‖)\nE|cos| ≈ √(2 / (π n))\nn = (Σ_{f} ‖w_{f}‖^{2})^{2} / Σ_{f} (‖w_{f}‖^{4} / n_{f})",
    ),
    "seeds": Explained(
        "Several seeds",
        f"How far the picture depends on directions: {SEEDS} planes through the same network, and the mean of "
        "their heights along α in a band of one standard deviation, which on a logarithmic scale is a factor: a narrow "
        "band speaks for one plane as an example, and proves nothing about rare directions.",
        "h̄(α) ± s(α),  s^{2} = 1/(k − 1) Σ_{j} (h_{j} − h̄)^{2}",
        f"{LI}, section 4",
    ),
    "tolerance": Explained(
        "Compute",
        "Interpolates a point where coarser levels predict its loss well enough and computes all others, with all that "
        "minima rest on, and one in fifty as a check; the tolerance is an estimate, no bound, and of the loss alone: "
        "of the accuracies interpolated at 1 % in the gallery one in twenty is off by more than 3.0 percentage points, "
        "the worst by 10, so compute every point for a figure of accuracy.",
        "|log f̂ − log f| ≲ τ (max log f − min log f)\n|f̂ − f| ≲ τ (max f − min f) where min f < 0",
        "Deslauriers and Dubuc 1989 (the interpolation)",
    ),
    "marks": Explained(
        "Show evaluated points",
        "Puts a dot on each point at which the network was evaluated; between the dots the picture is interpolated.",
    ),
    "precision": Explained(
        "Precision",
        "Losses are computed in float32, or faster in bfloat16 where the processor has it; bfloat16 is compared with "
        "float32 at the model, the corners, the extremes and the basin's rim, and above 2 % of the loss or of the "
        "range of log-loss every point is computed in float32: a check that sees these points and no others.",
        "rounding: 2^{−24} (float32), 2^{−8} (bfloat16)",
    ),
    "along": Explained(
        "Along",
        "What the curves are along: random directions, a straight line between two networks or from a training run's "
        "first weights to its last, the same line one layer at a time, a rescaled network's directions, small batches "
        "against large, or a cut drawn on Explore's map.",
        "θ(α) = θ* + α δ\nθ(α) = (1 − α) θ_{1} + α θ_{2}",
        "Goodfellow et al. 2015; Li et al. 2018, Figures 2 and 3",
    ),
    "ends": Explained(
        "Checkpoints",
        "Which epoch of each chosen run is looked at; of a line the first network lies at 0 and the second at 1.",
        "θ(0) = θ_{1},  θ(1) = θ_{2}",
    ),
    "statistics": Explained(
        "BatchNorm",
        "BatchNorm's running statistics are no weights: recomputed at each point from training examples, interpolated "
        "with the weights, which leaves a gap where a variance falls below zero, or frozen, which makes networks "
        "between look worse than they are.",
        "μ(α) = (1 − α) μ_{1} + α μ_{2},  μ(α) = mean over 512 examples,  μ(α) = μ_{1}",
        "Garipov et al. 2018, appendix A.2",
    ),
    "curves": Explained(
        "Curves",
        "Loss on the left axis and accuracy on the right; where several kinds of line share a chart it shows only one.",
        "accuracy(α) = 1/N Σ_{i} 1[argmax = y_{i}]",
    ),
    "errors": Explained(
        "Standard error",
        "A band about each loss that tells how far it may lie from the loss over all examples like these.",
        "f ± s / √N",
    ),
    "beyond": Explained(
        "Extrapolate",
        "How far a line goes on past its networks, in units of their distance: the sides of both basins show there.",
        "−b ≤ α ≤ 1 + b",
    ),
    "line points": Explained(
        "Points",
        "How finely a line is sampled; sharpness is read off these points, and so is curvature, a second difference "
        "that changes with their spacing and is no eigenvalue of the Hessian.",
        "n = length / spacing + 1\nspacing = 2^{−level}",
    ),
    "count": Explained(
        "Directions",
        "How many random directions, of successive seeds: the mean of their heights is drawn with a band of one "
        "standard deviation, which on a logarithmic scale is a factor, and each of them faintly.",
        "m ± s,  s^{2} = 1/(k − 1) Σ_{j} (h_{j} − m)^{2}",
    ),
    "raw": Explained(
        "Compare unnormalised",
        "The same along directions that are not normalised, over a range about as long: a raw direction moves small "
        "filters as far as large ones, so weights of another scale look sharper or flatter than they are.",
        "d_{f} ← d_{f} ‖w_{f}‖ / ‖d_{f}‖  against  d_{f}",
        f"{LI}, section 4 and Figure 3",
    ),
    "factor": Explained(
        "Rescaled by",
        "Layers are in turn multiplied and divided by this factor, and BatchNorm or the next layer undoes it: the "
        "network computes the same, its raw landscape changes, and the filter-normalised one does not.",
        "W_{1} ← a W_{1},  W_{2} ← W_{2} / a",
        f"{LI}, section 3",
    ),
    "weights": Explained(
        "Show weight norms",
        "The length of all parameters over training, and how the weights of both ends are distributed: large weights "
        "make a raw line look flat, small ones sharp.",
        "‖θ‖_{2} = √(Σ_{i} θ_{i}^{2})",
        f"{LI}, Figure 2",
    ),
}
"""By the names under which controls ask for them."""


def explanation(name: str) -> Explained:
    """What is said of a control.

    Raises:
        UnknownName: nothing is said of such a control.

    Example:
        >>> explanation("seed").title
        'Seed'
    """
    if name not in EXPLAINED:
        raise UnknownName("explanation", name, EXPLAINED)
    return EXPLAINED[name]

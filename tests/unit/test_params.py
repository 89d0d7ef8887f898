import re

import pytest
from pydantic import ValidationError

from analysis.params import ParamsError, defaults, load_params


def test_defaults_are_valid_and_complete():
    params = load_params()
    assert {(section, name) for section, name, _ in params.rows()} == {(s, n) for s, part in defaults().items() for n in part}


def test_override_changes_one_value():
    params = load_params({"churn": {"lapse_quantile": 0.95}})
    assert params.churn.lapse_quantile == 0.95
    assert params.value == load_params().value


def test_whole_number_stands_for_a_share():
    assert load_params({"value": {"margin_share": 1}}).value.margin_share == 1.0


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"chrun": {}}, "shop: section chrun does not exist; did you mean churn?"),
        ({"churn": {"laps_quantile": 0.9}}, "shop: churn.laps_quantile does not exist; did you mean lapse_quantile?"),
        ({"churn": {"zzz": 1}}, "shop: churn.zzz does not exist; known: "),
        ({"churn": 3}, "shop: churn is a section; write [params.churn] and its values below it"),
        ({"churn": {"lapse_quantile": 1.5}}, "shop: churn.lapse_quantile = 1.5 is not allowed: "),
        ({"churn": {"lapse_quantile": "0.9"}}, "shop: churn.lapse_quantile = '0.9' is not allowed: "),
        ({"forecast": {"horizon_days": 1.5}}, "shop: forecast.horizon_days = 1.5 is not allowed: "),
        ({"forecast": {"horizon_days": True}}, "shop: forecast.horizon_days = True is not allowed: "),
    ],
)
def test_mistake_is_one_line_that_names_it(overrides, message):
    with pytest.raises(ParamsError, match="^" + re.escape(message)) as error:
        load_params(overrides, where="shop")
    assert "\n" not in str(error.value)


def test_parameters_cannot_be_changed():
    with pytest.raises(ValidationError):
        load_params().churn.lapse_quantile = 0.5

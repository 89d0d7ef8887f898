"""The demo company: a tea and tableware house that sells to people and offices in China and abroad.

Everything here is fixed: what it sells and where, who its customers are by kind, and how its year runs. The draws are
in the other modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

LAST_DAY = date(2026, 10, 31)
"""The last day of the data, inclusive: a month's end. There is no clock in the simulation."""
MONTHS_AFTER = 12
"""Months that the simulation goes on after the data end, for the true value of each customer. Nothing of them is written as data."""
HOME_COUNTRY = "China"

SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"

# Share of an average month's demand, January to December: a peak in November, a pause around the Spring Festival.
SEASON = (1.08, 0.62, 0.93, 0.95, 1.00, 1.10, 0.92, 0.90, 1.00, 1.02, 1.58, 1.12)
MONTHLY_GROWTH = 0.02  # of the number of new customers
PRICE_RISE = 0.04  # every 1 January
COST_RISE = 0.03


@dataclass(frozen=True)
class Archetype:
    """A kind of customer; `true_segment` of the truth is its name.

    `share` of customers, mean `rate` of orders a month and its gamma `shape` (higher: more alike), Erlang order
    `regularity` of the gaps (1: exponential), `hazard` of leaving a month, `season` exponent on the season, mean `lines`
    of an order, mean `quantity` of a line, share of lines bought at a `discount`.
    """

    name: str
    is_business: bool
    share: float
    rate: float
    shape: float
    regularity: int
    hazard: float
    season: float
    lines: float
    quantity: float
    discount: float


ARCHETYPES = (
    Archetype("regular", False, 0.21, 1.05, 4.0, 3, 0.022, 0.8, 2.0, 1.4, 0.08),
    Archetype("occasional", False, 0.36, 0.26, 1.5, 1, 0.030, 1.0, 1.6, 1.4, 0.08),
    Archetype("gift_buyer", False, 0.12, 0.22, 2.0, 1, 0.025, 2.2, 2.2, 2.2, 0.10),
    Archetype("bargain_hunter", False, 0.11, 0.40, 1.5, 1, 0.045, 1.2, 1.5, 1.6, 0.45),
    Archetype("one_timer", False, 0.06, 0.20, 2.0, 1, 0.600, 1.0, 1.4, 1.3, 0.15),
    Archetype("office", True, 0.07, 1.40, 5.0, 5, 0.012, 0.4, 2.4, 7.0, 0.20),
    Archetype("reseller", True, 0.04, 0.85, 3.0, 3, 0.016, 0.7, 3.0, 16.0, 0.35),
    Archetype("project", True, 0.03, 0.35, 1.5, 1, 0.030, 0.4, 2.5, 10.0, 0.15),
)
PROSPECT_SHARE = 0.10
MAX_QUANTITY = 60
REFERRED_SHARE = 0.16
REFERRED_RATE = 1.35  # times the rate of others of their kind
REFERRED_HAZARD = 0.55  # times the hazard

CAUSES = ("product_quality", "service_quality", "price", "competitor", "need_gone")
COMPETITORS = ("Harbour Leaf", "茗山堂", "Kettle & Co", "清泉茶社")

ORDER_CHANNELS = ("online", "wechat", "marketplace", "store", "phone", "sales_rep")
# rows: individual in China, individual abroad, business in China, business abroad
ORDER_CHANNEL_SHARES = (
    (0.33, 0.27, 0.20, 0.20, 0.00, 0.00),
    (0.62, 0.00, 0.38, 0.00, 0.00, 0.00),
    (0.30, 0.10, 0.00, 0.00, 0.15, 0.45),
    (0.55, 0.00, 0.00, 0.00, 0.15, 0.30),
)
ANONYMOUS_SHARE = 0.04  # of order lines: store sales without a customer

SOURCES = ("search", "social_media", "store_visit", "marketplace", "trade_fair", "advertising", "referral")
SOURCE_SHARES = ((0.26, 0.28, 0.18, 0.16, 0.02, 0.10), (0.30, 0.08, 0.05, 0.07, 0.35, 0.15))  # individual, business
SOURCE_COST = (18, 25, 6, 30, 160, 45, 12)  # mean cost of winning one customer, yuan

# name, month, first day, channel, discount
CAMPAIGNS = (
    ("spring_festival_gifts", 1, 8, "sms", 0.10),
    ("new_harvest", 4, 6, "email", 0.05),
    ("mid_year_sale", 6, 3, "app", 0.15),
    ("autumn_tasting", 9, 10, "email", 0.10),
    ("double_eleven", 11, 1, "sms", 0.20),
)
ACTIONS = ("call", "coupon", "visit", "birthday_greeting", "sample", "win_back_offer")
STAFF = tuple(f"S{number:02d}" for number in range(1, 13))
PLANS = (("basic", 480), ("standard", 980), ("premium", 2400))  # monthly fee in yuan

CATEGORIES = ("green_tea", "black_tea", "oolong", "herbal", "teaware", "kitchen", "gifts", "office_supply")
CATEGORY_SHARES = ((0.20, 0.14, 0.12, 0.12, 0.17, 0.10, 0.15, 0.00), (0.14, 0.16, 0.06, 0.08, 0.10, 0.08, 0.13, 0.25))

# name, category, list price of the first year in yuan, unit cost as a share of it, days from the first day to the launch
# (negative: sold from the start). Within a category the first is the most popular.
PRODUCTS = (
    ("龙井 250g", 0, 168.0, 0.46, -900),
    ("碧螺春 250g", 0, 188.0, 0.48, -900),
    ("Mao Feng 100 g", 0, 72.0, 0.42, -700),
    ("安吉白茶 200g", 0, 210.0, 0.50, -500),
    ("Sencha 100 g", 0, 66.0, 0.44, 240),
    ("Jasmine Green, 20 bags", 0, 32.0, 0.38, -300),
    ("祁门红茶 250g", 1, 138.0, 0.45, -900),
    ("Lapsang Souchong 100 g", 1, 88.0, 0.43, -800),
    ("滇红 500g", 1, 156.0, 0.44, -800),
    ("English Breakfast, 50 bags", 1, 45.0, 0.36, -600),
    ("金骏眉 100g", 1, 298.0, 0.52, 420),
    (SCRIPT, 1, 58.0, 0.40, -400),
    ("铁观音 250g", 2, 148.0, 0.47, -900),
    ("大红袍 150g", 2, 260.0, 0.51, -900),
    ("Milk Oolong 100 g", 2, 78.0, 0.41, -500),
    ("凤凰单丛 200g", 2, 228.0, 0.50, -300),
    ("Oriental Beauty 75 g", 2, 190.0, 0.50, 600),
    ("菊花茶 100g", 3, 38.0, 0.35, -900),
    ("Peppermint, 20 bags", 3, 28.0, 0.34, -800),
    ("枸杞 500g", 3, 68.0, 0.48, -800),
    ("Rose Buds 80 g", 3, 42.0, 0.37, -600),
    ("陈皮 150g", 3, 96.0, 0.46, 120),
    (FORMULA, 3, 35.0, 0.36, -200),
    ("盖碗", 4, 88.0, 0.40, -900),
    ("紫砂壶", 4, 468.0, 0.55, -900),
    ("Glass Teapot 0.8 l", 4, 128.0, 0.42, -700),
    ("Porcelain Cup, set of 4", 4, 156.0, 0.41, -700),
    ("茶盘", 4, 238.0, 0.47, -400),
    ("Travel Tea Set", 4, 198.0, 0.45, 300),
    ("Electric Kettle 1.7 l", 5, 259.0, 0.60, -900),
    ("保温杯 500ml", 5, 118.0, 0.45, -800),
    ("Tea Strainer", 5, 26.0, 0.30, -800),
    ("Ceramic Bowl", 5, 48.0, 0.38, -500),
    ("青花盘", 5, 76.0, 0.40, -300),
    ("Storage Tin", 5, 39.0, 0.35, 500),
    ("中秋礼盒", 6, 328.0, 0.50, -900),
    ("Tea Sampler Box", 6, 148.0, 0.44, -800),
    ("新春礼盒", 6, 388.0, 0.52, -800),
    ("Wedding Favour Set", 6, 268.0, 0.48, -400),
    ("Gift Card Sleeve", 6, 12.0, 0.30, -300),
    ("企业定制礼盒", 6, 458.0, 0.53, 360),
    ("Office Tea Carton, 500 bags", 7, 320.0, 0.46, -900),
    ("会议茶 2kg", 7, 560.0, 0.48, -900),
    ("Paper Cups, 1000", 7, 180.0, 0.62, -700),
    ("Water Filter", 7, 145.0, 0.50, -600),
    ("Sugar Sticks, 1000", 7, 75.0, 0.55, -500),
    ("Coffee Beans 1 kg", 7, 168.0, 0.54, 200),
    # announced for the season after the data end: in the product list, never sold
    ("白毫银针 2027", 0, 380.0, 0.50, 10**6),
    ("Spring Gift Box 2027", 6, 398.0, 0.52, 10**6),
    ("Cold Brew Bottle", 5, 98.0, 0.42, 10**6),
)
UNSOLD = tuple(number for number, product in enumerate(PRODUCTS) if product[4] == 10**6)

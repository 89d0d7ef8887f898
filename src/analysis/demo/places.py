"""Where the customers live, and what they are called."""

from __future__ import annotations

from analysis.demo.company import HOME_COUNTRY, SCRIPT

# Province and its cities, with a weight for each city; the tiers follow the published 2025 list.
_PROVINCES = {
    "上海": "上海 9", "北京": "北京 8", "广东": "深圳 7|广州 6|东莞 2|佛山 2|惠州 1|珠海 1|中山 0.6|汕头 0.5|江门 0.5|湛江 0.4",
    "四川": "成都 5|绵阳 0.5", "浙江": "杭州 6|宁波 2|温州 1.2|金华 1|绍兴 1|嘉兴 1|台州 0.8|湖州 0.6|衢州 0.3", "重庆": "重庆 3.5",
    "湖北": "武汉 3|宜昌 0.4|襄阳 0.4", "江苏": "苏州 4|南京 3.5|无锡 1.5|常州 1|南通 1|徐州 0.8|扬州 0.6|盐城 0.4|镇江 0.4",
    "陕西": "西安 2.5|咸阳 0.3", "湖南": "长沙 2|株洲 0.3|岳阳 0.3", "河南": "郑州 2|洛阳 0.6|南阳 0.3", "天津": "天津 2.2",
    "安徽": "合肥 1.8|芜湖 0.5|安庆 0.3", "山东": "青岛 2|济南 1.5|烟台 0.8|潍坊 0.6|威海 0.4|淄博 0.4", "辽宁": "沈阳 1.2|大连 1.2",
    "云南": "昆明 1.1", "福建": "福州 1.5|厦门 1.8|泉州 1.2|漳州 0.5|宁德 0.4", "河北": "石家庄 0.9|保定 0.5|唐山 0.4|廊坊 0.4",
    "黑龙江": "哈尔滨 0.9", "广西": "南宁 0.8|桂林 0.4|柳州 0.4", "吉林": "长春 0.8", "江西": "南昌 0.9|九江 0.3|赣州 0.4",
    "贵州": "贵阳 0.8|遵义 0.3", "山西": "太原 0.7", "新疆": "乌鲁木齐 0.4", "甘肃": "兰州 0.4", "海南": "海口 0.5|三亚 0.4",
    "内蒙古": "呼和浩特 0.4", "宁夏": "银川 0.3",
}  # fmt: skip
_ABROAD = (
    ("London", "England", "United Kingdom", 3.0, 44), ("Manchester", "England", "United Kingdom", 1.0, 44),
    ("New York", "New York", "United States", 2.5, 1), ("San Francisco", "California", "United States", 1.5, 1),
    ("Seattle", "Washington", "United States", 1.0, 1), ("Toronto", "Ontario", "Canada", 1.2, 1), ("Vancouver", "British Columbia", "Canada", 1.2, 1),
    ("Sydney", "New South Wales", "Australia", 1.2, 61), ("Melbourne", "Victoria", "Australia", 1.0, 61), ("Singapore", "Singapore", "Singapore", 2.5, 65),
    ("Berlin", "Berlin", "Germany", 1.0, 49), ("München", "Bavaria", "Germany", 0.8, 49), ("Paris", "Île-de-France", "France", 1.2, 33),
    ("Zürich", "Zürich", "Switzerland", 0.6, 41), ("Tokyo", "Tokyo", "Japan", 1.6, 81), ("Osaka", "Osaka", "Japan", 0.8, 81),
    ("Kuala Lumpur", "Kuala Lumpur", "Malaysia", 1.2, 60), ("Bangkok", "Bangkok", "Thailand", 0.8, 66), ("Dubai", "Dubai", "United Arab Emirates", 0.6, 971),
    ("São Paulo", "São Paulo", "Brazil", 0.5, 55),
)  # fmt: skip

_CHINA = [
    (city, province, HOME_COUNTRY, float(weight), 86)
    for province, cities in _PROVINCES.items()
    for city, weight in (entry.rsplit(" ", 1) for entry in cities.split("|"))
]
CITIES = (*_CHINA, *_ABROAD, (SCRIPT, "浙江", HOME_COUNTRY, 0.0, 86))
"""City, region, country, weight among the cities of its country group, dialling code. The last has a name that a page must escape."""
COUNT_CHINA = len(_CHINA)
ABROAD_SHARE = 0.14

# surname or given name, and how it is spelt in an e-mail address
SURNAMES = tuple(
    "王 wang|李 li|张 zhang|刘 liu|陈 chen|杨 yang|赵 zhao|黄 huang|周 zhou|吴 wu|徐 xu|孙 sun|胡 hu|朱 zhu|高 gao|林 lin|何 he|郭 guo|马 ma|罗 luo|"
    "梁 liang|宋 song|郑 zheng|谢 xie|韩 han|唐 tang|冯 feng|于 yu|董 dong|萧 xiao|程 cheng|曹 cao|袁 yuan|邓 deng|许 xu|傅 fu|沈 shen|曾 zeng|彭 peng|"
    "欧阳 ouyang|司马 sima".split("|")
)
GIVEN = tuple(
    "伟 wei|芳 fang|娜 na|敏 min|静 jing|丽 li|强 qiang|磊 lei|军 jun|洋 yang|勇 yong|艳 yan|杰 jie|涛 tao|明 ming|超 chao|霞 xia|平 ping|刚 gang|"
    "建国 jianguo|秀英 xiuying|文博 wenbo|子涵 zihan|雨桐 yutong|思远 siyuan|晓东 xiaodong|佳怡 jiayi|浩然 haoran|欣妍 xinyan|志强 zhiqiang|美玲 meiling|"
    "俊杰 junjie|梓萱 zixuan|国华 guohua|海燕 haiyan|若曦 ruoxi|天宇 tianyu|淑珍 shuzhen|春梅 chunmei|一诺 yinuo".split("|")
)
FIRST_NAMES = tuple(
    "Alice|Ben|Clara|Daniel|Emma|Felix|Grace|Henry|Isla|Jack|Kate|Liam|Maya|Noah|Olivia|Paul|Quinn|Rosa|Sam|Tara|Uma|Victor|Wendy|Yusuf|Zoe|Hiro|Aiko|"
    "Mei|Jürgen|Chloé".split("|")
)
LAST_NAMES = tuple(
    "Adams|Baker|Clarke|Dubois|Evans|Fischer|Garcia|Hughes|Ito|Johnson|King|Lopez|Meyer|Nguyen|O'Brien|Patel|Quigley|Rossi|Smith|Tan|Usman|Vogel|Walker|"
    "Young|Zhang|Tanaka|Silva|Lim|Brown|Müller".split("|")
)
BRANDS = tuple(
    "云岭 海川 东方 华泰 恒信 新宇 金源 瑞丰 博文 嘉禾 盛世 天元 康达 永安 明德 长风 锦绣 和顺 星河 启航 百川 祥和 翠微 清源".split()
)
TRADES = (
    "餐饮 restaurant",
    "酒店 hotel",
    "科技 technology",
    "贸易 trade",
    "教育 education",
    "咨询 consulting",
    "制造 manufacturing",
    "医疗 health",
)
FIRMS = tuple(
    "Northfield|Riverbank|Oakham|Silverline|Bluegate|Harrow|Westbridge|Larkspur|Stonebridge|Fairmont|Kingsley|Maple & Sons|Redwood|Ashdown|Summit".split(
        "|"
    )
)
FORMS = ("Trading Ltd", "Hotels Ltd", "Group plc", "Cafés GmbH", "Consulting Inc.", "Foods, Inc.", "Partners LLP", "Academy")
STREETS = ("中山路", "人民路", "建设路", "解放路", "文化路", "长江路", "新华街", "学院路")
ROADS = ("Mill Road", "High Street", "Station Road", "Park Avenue", "Church Lane", "Queen Street", "Harbour Road", "Garden Close")
OCCUPATIONS = (
    "engineer",
    "teacher",
    "manager",
    "civil servant",
    "doctor",
    "student",
    "retired",
    "self-employed",
    "designer",
    "sales",
    "accountant",
    "driver",
)
INTERESTS = ("green tea", "black tea", "tea ceremony", "cooking", "travel", "calligraphy", "ceramics", "health", "gifts", "reading")
TAGS = ("tea_lover", "price_sensitive", "gift", "newsletter", "event_guest", "complained", "wholesale")

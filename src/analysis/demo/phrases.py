"""What customers write, in Chinese and English, by topic."""

from __future__ import annotations

TOPICS = ("product_quality", "packaging", "service", "delivery", "price", "website")

Bank = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]

COMPLAINTS: Bank = {
    "product_quality": (
        ("茶叶有霉味，不敢喝", "收到的茶和图片差别很大", "茶壶用了两次就裂了", "这批茶没有以前香"),
        ("The tea tastes stale", "The pot cracked after two uses", "Leaves were mostly dust this time", "Not the quality we had last year"),
    ),
    "packaging": (
        ("盒子压扁了，杯子碎了一个", "包装漏气，茶叶受潮", "礼盒表面有划痕"),
        ("Box arrived crushed and one cup was broken", "The tin does not close", "Gift wrap was scratched"),
    ),
    "service": (
        ("客服一直不回复", "退款问了三次还没有结果", "电话打不通，态度也不好"),
        ("Nobody answers my messages", "I asked three times for the refund", "The agent was rude, and hung up"),
    ),
    "delivery": (
        ("快递晚了一个星期", "送错地址了", "少发了一件"),
        ("Parcel came a week late", "Delivered to the wrong address", "One item is missing from the order"),
    ),
}
SUGGESTIONS: Bank = {
    "packaging": (("希望有小包装", "包装可以更环保一些"), ("Please offer smaller packs", "Less plastic would be welcome")),
    "price": (("希望会员有更多折扣", "量大可以再优惠吗"), ("A discount for yearly orders would help", "Prices rise too often")),
    "website": (("小程序加一个再次购买的按钮", "希望能看到物流进度"), ("Add a reorder button", "Let me see where the parcel is")),
    "service": (("周末也有客服就好了", "希望有专人对接"), ("Please answer at weekends too", "A named contact would be good")),
}
PRAISE: Bank = {
    "product_quality": (
        ("茶很香，回甘好", "品质一直很稳定", "送长辈，他们很喜欢"),
        ("Lovely fragrance", "As good as ever", "My guests loved it"),
    ),
    "delivery": (("发货很快，第二天就到", "包装仔细，物流快"), ("Came the next day", "Fast and well packed")),
}
CRITICISM: Bank = {
    "product_quality": (("一般般，不如上次", "味道有点淡"), ("Just average", "A little weak for my taste")),
    "price": (("涨价了，不太划算", "同样的价格别家更好"), ("Has become expensive", "Better value elsewhere")),
}
CASES: Bank = {
    "service": (
        ("请开发票", "想修改收货地址", "如何申请退货"),
        ("Please send the invoice", "I want to change the address", "How do I return an item?"),
    ),
    "website": (("积分没有到账", "登录不了"), ("My points are missing", "I cannot log in")),
    "delivery": (("什么时候发货", "可以送到楼上吗"), ("When will it be sent?", "Can you deliver to the second floor?")),
}


def spread(bank: Bank) -> tuple[list[str], list[list[int]], list[list[int]]]:
    """All texts of a bank in one list, and where those of each topic of `TOPICS` stand: in Chinese, in English."""
    texts: list[str] = []
    places: tuple[list[list[int]], list[list[int]]] = ([], [])
    for topic in TOPICS:
        for language, phrases in enumerate(bank.get(topic, ((), ()))):
            places[language].append(list(range(len(texts), len(texts) + len(phrases))))
            texts.extend(phrases)
    return texts, *places

"""What the command line says once a demo company stands: who can log in, and what is worth showing with whom."""

from typing import Final

from backend.demo.cast import ACCOUNTS, PASSWORD

# login -> what to look at, Vietnamese and English
SIGHTS: Final = (
    ("lan", "12 khách trên tuyến hôm nay; Đại lý Xuân Cường gần hết hạn mức", "today's 12 stops; one near its limit"),
    ("hung", "đơn chờ duyệt của miền Nam; bản đồ doanh số", "orders waiting for approval; the revenue map"),
    ("tuan", "đơn đã xác nhận chờ soạn", "confirmed orders to pick"),
)


def accounts_text() -> str:
    """The accounts, their one password, and what to look at first; a few lines for a terminal."""
    lines = [
        f"Password of every account: {PASSWORD}",
        *(f"  {login:6} {about}" for login, about in ACCOUNTS),
        "Look at:",
    ]
    return "\n".join([*lines, *(f"  {login:6} {vi} · {en}" for login, vi, en in SIGHTS)])

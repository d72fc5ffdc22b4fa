"""The lists people pick a reason from, in both languages: visits, expenses, short picks, cancellations, leads."""

from typing import Final

from backend.demo.goods import BORN
from backend.demo.seeds import id_at

_REASON = 5
REASONS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "visit_purpose": (
        ("sales", "Bán hàng", "Selling"),
        ("care", "Chăm sóc", "Customer care"),
        ("collect", "Thu tiền", "Collecting money"),
        ("display", "Kiểm tra trưng bày", "Checking the display"),
        ("complaint", "Xử lý khiếu nại", "Handling a complaint"),
        ("survey", "Khảo sát", "Survey"),
    ),
    "visit_outcome": (
        ("ordered", "Có đơn hàng", "Ordered"),
        ("no_need", "Chưa có nhu cầu", "No need yet"),
        ("owner_away", "Chủ đi vắng", "Owner away"),
        ("closed", "Đóng cửa", "Shop closed"),
        ("still_stocked", "Còn nhiều hàng", "Still has stock"),
        ("competitor", "Đang bán hàng đối thủ", "Sells a competitor"),
    ),
    "far_reason": (
        ("met_elsewhere", "Gặp khách ở nơi khác", "Met elsewhere"),
        ("weak_gps", "GPS yếu", "Weak GPS"),
        ("pin_wrong", "Ghim sai vị trí", "The pin is wrong"),
        ("moved", "Khách đã dời chỗ", "The shop moved"),
    ),
    "expense_category": (
        ("fuel", "Xăng xe", "Fuel"),
        ("parking", "Gửi xe, cầu đường", "Parking and tolls"),
        ("meal", "Ăn uống", "Meals"),
        ("gift", "Quà tặng khách", "Gifts"),
        ("hotel", "Khách sạn", "Hotel"),
        ("phone", "Điện thoại", "Phone"),
        ("other", "Khác", "Other"),
    ),
    "short_pick": (
        ("not_found", "Không tìm thấy", "Not found"),
        ("damaged", "Hư hỏng", "Damaged"),
        ("expired", "Cận hạn", "Close to expiry"),
        ("miscount", "Sai số tồn", "Stock was wrong"),
    ),
    "order_cancel": (
        ("customer", "Khách đổi ý", "Customer changed their mind"),
        ("mistake", "Nhập nhầm", "Entered by mistake"),
        ("late", "Giao trễ", "Too late"),
        ("price", "Không đồng ý giá", "Price not agreed"),
    ),
    "lead_close": (
        ("no_need", "Không có nhu cầu", "No need"),
        ("competitor", "Chọn nhà cung cấp khác", "Chose a competitor"),
        ("out_of_business", "Ngừng kinh doanh", "Out of business"),
        ("unreachable", "Không liên lạc được", "Unreachable"),
        ("bad_payer", "Rủi ro công nợ", "Credit risk"),
    ),
}


def reason_rows() -> list[tuple[object, ...]]:
    """Rows of `reasons`: id, kind, code, both names, place in the list."""
    listed = [(kind, seq, *reason) for kind, reasons in REASONS.items() for seq, reason in enumerate(reasons, 1)]
    return [(id_at(BORN, _REASON, n), kind, code, vi, en, seq) for n, (kind, seq, code, vi, en) in enumerate(listed)]

"""How Qt's widgets are drawn, as a style sheet; gui.theme has the colours that are put into it."""

from string import Template

STYLE = Template("""
* { outline: none; }
QMainWindow, QDialog, QWidget#page { background: $window; }
QWidget#rail { background: $card; border-right: 1px solid $border; }
QFrame[role="card"] { background: $card; border: 1px solid $border; border-radius: 10px; }
QFrame[role="line"] { background: $border; border: none; max-height: 1px; min-height: 1px; }
QLabel { background: transparent; color: $text; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="title"] { font-size: 20px; font-weight: 600; }
QLabel[role="heading"] { font-size: 14px; font-weight: 600; }
QLabel[role="state"] { font-size: 16px; font-weight: 600; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="danger"] { color: $danger; }
QLabel[role="good"] { color: $good; }

QPushButton { background: $raised; color: $text; border: 1px solid $border; border-radius: 8px;
    padding: 6px 12px; min-height: 18px; }
QPushButton:hover { border-color: $muted; }
QPushButton:pressed { background: $accent_soft; }
QPushButton:focus { border: 1px solid $accent; }
QPushButton:disabled { color: $muted; background: $window; }
QPushButton:checked { background: $accent_soft; border-color: $accent; color: $text; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent;
    font-weight: 600; }
QPushButton[role="primary"]:hover { background: $accent_hover; }
QPushButton[role="primary"]:focus { border: 2px solid $text; padding: 5px 11px; }
QPushButton[role="primary"]:disabled { background: $border; border-color: $border; color: $muted; }
QPushButton[role="big"] { font-size: 16px; padding: 10px 22px; border-radius: 10px; }
QPushButton[role="big"][isprimary="true"] { background: $accent; color: $on_accent; border-color: $accent;
    font-weight: 600; }
QPushButton[role="big"][isprimary="true"]:hover { background: $accent_hover; }
QPushButton[role="big"]:focus { border: 2px solid $text; padding: 9px 21px; }
QPushButton[role="quiet"] { background: transparent; border-color: transparent; }
QPushButton[role="quiet"]:hover { background: $raised; }
QPushButton[role="quiet"]:focus { border: 1px solid $accent; }
QPushButton[role="rail"] { background: transparent; border: 1px solid transparent; text-align: left;
    padding: 9px 12px; color: $muted; font-weight: 500; }
QPushButton[role="rail"]:hover { background: $raised; color: $text; }
QPushButton[role="rail"]:checked { background: $accent_soft; color: $text; }
QPushButton[role="rail"]:focus { border-color: $accent; }
QPushButton[role="segment"] { border-radius: 6px; border: 1px solid transparent; background: transparent;
    padding: 4px 3px; color: $muted; }
QPushButton[role="segment"]:hover { color: $text; }
QPushButton[role="segment"]:checked { background: $card; border-color: $border; color: $text;
    font-weight: 600; }
QPushButton[role="segment"]:focus { border-color: $accent; }
QFrame[role="segments"] { background: $sunken; border-radius: 8px; border: none; }
QPushButton[role="small"] { background: transparent; border-color: transparent; padding: 0;
    border-radius: 6px; }
QPushButton[role="small"]:hover { background: $raised; }
QPushButton[role="small"]:focus { border: 1px solid $accent; }
QPushButton[role="key"] { font-size: 18px; padding: 0; border-radius: 10px; }
QLineEdit[role="display"] { font-size: 24px; font-weight: 600; padding: 6px 12px; }
QPushButton[role="danger"]:checked { background: $danger; border-color: $danger; color: $on_accent; }

QLineEdit, QComboBox, QKeySequenceEdit QLineEdit, QSpinBox { background: $raised; color: $text;
    border: 1px solid $border; border-radius: 8px; padding: 5px 10px; min-height: 20px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus { border-color: $accent; }
QLineEdit:disabled, QComboBox:disabled { color: $muted; }
QComboBox[compact="true"] { padding: 0 8px; min-height: 17px; border-radius: 6px; }
QComboBox::drop-down { border: none; width: 26px; }
QComboBox::down-arrow { image: url($arrow); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $card; color: $text; border: 1px solid $border; padding: 4px;
    selection-background-color: $accent_soft; selection-color: $text; outline: none; }
QComboBox QAbstractItemView::item { min-height: 26px; }

QCheckBox { color: $text; spacing: 8px; background: transparent; }
QCheckBox:focus { color: $accent; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $muted; border-radius: 4px;
    background: $raised; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($check); }

QSlider { background: transparent; min-height: 20px; }
QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider[centred="true"]::sub-page:horizontal { background: $border; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; background: $card;
    border: 2px solid $accent; }
QSlider::handle:horizontal:hover { background: $accent; }
QSlider::handle:horizontal:focus { background: $accent; }
QSlider::sub-page:horizontal:disabled { background: $border; }
QSlider::handle:horizontal:disabled { border-color: $border; }

QAbstractScrollArea { background: transparent; border: none; color: $text; }
QScrollArea > QWidget > QWidget { background: transparent; }
QListView, QTableView { background: transparent; border: none; color: $text; outline: none;
    selection-background-color: $accent_soft; selection-color: $text; gridline-color: $border;
    alternate-background-color: transparent; }
QHeaderView { background: transparent; }
QHeaderView::section { background: transparent; color: $muted; border: none; border-bottom: 1px solid $border;
    padding: 6px 8px; font-weight: 500; }
QTableCornerButton::section { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar::handle:vertical { background: $border; border-radius: 3px; min-height: 28px; }
QScrollBar::handle:vertical:hover { background: $muted; }
QScrollBar:horizontal { height: 0; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QProgressBar { background: $sunken; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QToolTip { background: $text; color: $card; border: none; padding: 6px 8px; }
QMenu { background: $card; color: $text; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 6px 22px 6px 12px; border-radius: 6px; }
QMenu::item:selected { background: $accent_soft; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
""")

"""Names of the countries that scenarios speak of."""

from __future__ import annotations

COUNTRIES = {
    "AR": "Argentina", "AT": "Austria", "AU": "Australia", "AZ": "Azerbaijan", "BE": "Belgium", "BG": "Bulgaria", "BO": "Bolivia",
    "BR": "Brazil", "BY": "Belarus", "CA": "Canada", "CD": "DR Congo", "CH": "Switzerland", "CL": "Chile", "CN": "China", "CO": "Colombia",
    "CU": "Cuba", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark", "EE": "Estonia", "EG": "Egypt", "ES": "Spain", "FI": "Finland",
    "FR": "France", "GA": "Gabon", "GB": "United Kingdom", "GE": "Georgia", "GH": "Ghana", "GL": "Greenland", "GN": "Guinea", "GR": "Greece",
    "HU": "Hungary", "ID": "Indonesia", "IE": "Ireland", "IN": "India", "IR": "Iran", "IT": "Italy", "JM": "Jamaica", "JP": "Japan",
    "KE": "Kenya", "KG": "Kyrgyzstan", "KH": "Cambodia", "KP": "North Korea", "KR": "South Korea", "KZ": "Kazakhstan", "LA": "Laos",
    "LK": "Sri Lanka", "MA": "Morocco", "MG": "Madagascar", "MM": "Myanmar", "MN": "Mongolia", "MW": "Malawi", "MX": "Mexico", "MY": "Malaysia",
    "MZ": "Mozambique", "NA": "Namibia", "NG": "Nigeria", "NL": "Netherlands", "NO": "Norway", "NZ": "New Zealand", "OM": "Oman", "PE": "Peru",
    "PH": "Philippines", "PK": "Pakistan", "PL": "Poland", "PT": "Portugal", "RO": "Romania", "RU": "Russia", "RW": "Rwanda", "SA": "Saudi Arabia",
    "SE": "Sweden", "SG": "Singapore", "SK": "Slovakia", "TH": "Thailand", "TJ": "Tajikistan", "TR": "Türkiye", "TW": "Taiwan", "TZ": "Tanzania",
    "UA": "Ukraine", "UG": "Uganda", "US": "United States", "UZ": "Uzbekistan", "VN": "Vietnam", "ZA": "South Africa", "ZM": "Zambia",
    "ZW": "Zimbabwe", "XX": "Other countries", "ZZ": "Other countries", "EU": "European Union",
}  # fmt: skip


def country(code: str) -> str:
    """Name of a country; what is no known code is shown as it is."""
    return COUNTRIES.get(code, code)

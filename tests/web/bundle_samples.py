"""Sample views of the pages about sealed bundles."""

from app.web.bundle_contexts import BroughtFile, BundleFile, BundleImportPage, BundlesPage

BROUGHT = (
    BroughtFile("notes-1a2b3c4d-1-of-2.bin", True, "2-планшет: 1-файл (барлығы 2). Жаңадан келді: 34 жазба."),
    BroughtFile("notes-1a2b3c4d-2-of-2.bin", True, "2-планшет: 2-файл (барлығы 2).", ("2 жазба есепке алынбайды.",)),
    BroughtFile("", False, "Бұл файл Baqylau дестесі емес."),
)
FILES = (BundleFile("/bundles/1a2b3c4d/1", 1, "16 МБ"), BundleFile("/bundles/1a2b3c4d/2", 2, "640 КБ"))
PAGES = (
    BundlesPage(FILES, "34 жазба, 12 сурет · 1,2 МБ", "", "", (), ()),
    BundlesPage((), "", "", "3 файл · 40 МБ", ("Бұл дестені жазған планшет мұнда белгісіз.",), BROUGHT),
    BundlesPage((), "34 жазба", "Бұл планшетте орталықтың кілті әлі жоқ.", "", (), ()),
)
IMPORTS = (BundleImportPage((), ""), BundleImportPage(BROUGHT, ""), BundleImportPage((), "Алдымен файлдарды таңдаңыз."))

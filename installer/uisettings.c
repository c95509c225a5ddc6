/* For tests under Wine 8 only, never shipped. Qt asks Windows for its colours through the WinRT class
   Windows.UI.ViewManagement.UISettings, which this Wine does not have, and Qt then ends the program.
   This library answers for the class as far as Qt asks: the colours of a light Windows desktop. */
#include <initguid.h>
#include <windows.h>
#include <activation.h>

DEFINE_GUID(UI_SETTINGS, 0x85361600, 0x1c63, 0x4627, 0xbc, 0xb1, 0x3a, 0x89, 0xe0, 0xbc, 0x9c, 0x55);
DEFINE_GUID(UI_SETTINGS_3, 0x03021be4, 0x5254, 0x4781, 0x81, 0x94, 0x51, 0x68, 0xf7, 0xd0, 0x6d, 0x7b);
DEFINE_GUID(FACTORY, 0x00000035, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46);
DEFINE_GUID(UNKNOWN, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46);
DEFINE_GUID(INSPECTABLE, 0xaf86e2e0, 0xb12d, 0x4c6a, 0x9c, 0x5a, 0xd7, 0xaa, 0x65, 0x10, 0x1e, 0x90);
DEFINE_GUID(AGILE, 0x94ea2b94, 0xe9cc, 0x49e0, 0xc0, 0xff, 0xee, 0x64, 0xca, 0x8f, 0x5b, 0x90);

/* A COM object is a pointer to its table of methods. These three live for ever and count nothing. */
typedef struct { const void *const *methods; } Object;
static Object factory, settings, settings3;

/* In the order of the enumeration UIColorType: background, foreground, then the accent colour from
   its darkest to its lightest shade; 0xRRGGBB. */
static const DWORD COLOURS[] = {0xffffff, 0x000000, 0x001a68, 0x003e92, 0x005a9e,
                                0x0078d7, 0x429ce3, 0x76b9ed, 0xa6d8ff, 0x000000};

static HRESULT WINAPI query(Object *self, const GUID *wanted, void **found)
{
    BOOL basic = IsEqualGUID(wanted, &UNKNOWN) || IsEqualGUID(wanted, &INSPECTABLE)
                 || IsEqualGUID(wanted, &AGILE);
    *found = NULL;
    if (basic || (self == &factory && IsEqualGUID(wanted, &FACTORY)))
        *found = self;
    else if (self != &factory && IsEqualGUID(wanted, &UI_SETTINGS))
        *found = &settings;
    else if (self != &factory && IsEqualGUID(wanted, &UI_SETTINGS_3))
        *found = &settings3;
    return *found ? S_OK : E_NOINTERFACE;
}

static ULONG WINAPI count(Object *self) { return 1; }
static HRESULT WINAPI refuse(Object *self, void *first, void *second) { return E_NOTIMPL; }

static HRESULT WINAPI activate(Object *self, void **made)
{
    *made = &settings;
    return S_OK;
}

static HRESULT WINAPI colour_value(Object *self, int kind, BYTE *argb)
{
    if (kind < 0 || kind >= (int)ARRAYSIZE(COLOURS))
        return E_INVALIDARG;
    argb[0] = 255;
    argb[1] = (BYTE)(COLOURS[kind] >> 16);
    argb[2] = (BYTE)(COLOURS[kind] >> 8);
    argb[3] = (BYTE)COLOURS[kind];
    return S_OK;
}

static HRESULT WINAPI colours_changed(Object *self, void *handler, __int64 *token)
{
    *token = 1; /* nothing ever changes, so the handler is not kept */
    return S_OK;
}

static HRESULT WINAPI forget(Object *self, __int64 token) { return S_OK; }

#define INSPECTABLE_METHODS query, count, count, refuse, refuse, refuse
static const void *const FACTORY_METHODS[] = {INSPECTABLE_METHODS, activate};
static const void *const SETTINGS_METHODS[] = {
    INSPECTABLE_METHODS, refuse, refuse, refuse, refuse, refuse, refuse, refuse, refuse,
    refuse, refuse, refuse, refuse, refuse, refuse, refuse, refuse};
static const void *const SETTINGS3_METHODS[] = {INSPECTABLE_METHODS, colour_value, colours_changed,
                                                forget};
static Object factory = {FACTORY_METHODS};
static Object settings = {SETTINGS_METHODS};
static Object settings3 = {SETTINGS3_METHODS};

__declspec(dllexport) HRESULT WINAPI DllGetActivationFactory(void *name, void **made)
{
    *made = &factory;
    return S_OK;
}

__declspec(dllexport) HRESULT WINAPI DllCanUnloadNow(void) { return S_FALSE; }

; The Windows installer: for one user, without administrator rights. installer/build_windows.py runs
; makensis on it with these definitions:
;   VERSION   such as 0.1.0          SOURCE   the folder that PyInstaller made
;   OUTPUT    the installer to make  TARGET   the kind of installer program, where it is not NSIS's own
;   QUICK     packed fast, not small SIGN     a command that signs the file given as its last word
; What it understands: /S silent, /D=FOLDER (last, unquoted), /DESKTOP=1, /LANG=1033, 2052 or 1041.
; It ends with 0 when Toile is installed, 1 when the user stopped it, 2 when it could not be done.

Unicode true
!ifdef TARGET
  Target ${TARGET}
!endif
!ifdef QUICK
  SetCompressor zlib
!else
  SetCompressor /SOLID lzma
  SetCompressorDictSize 64
!endif
!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include Sections.nsh
!include WinVer.nsh
!include x64.nsh

!define KEY "Software\Toile"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Toile"
!define MUI_ICON "..\assets\icons\toile.ico"
!define MUI_UNICON "..\assets\icons\toile.ico"
!define MUI_FINISHPAGE_RUN "$INSTDIR\Toile.exe"
!define MUI_COMPONENTSPAGE_NODESC

Name "Toile"
OutFile "${OUTPUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\Toile"
InstallDirRegKey HKCU "${KEY}" "InstallDir"
BrandingText "Toile ${VERSION}"
ManifestDPIAware true
VIProductVersion "${VERSION}.0"
VIAddVersionKey /LANG=0 "ProductName" "Toile"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileDescription" "Toile ${VERSION} set-up"
VIAddVersionKey /LANG=0 "LegalCopyright" "Apache-2.0"
!ifdef SIGN
  !finalize '${SIGN} "%1"' = 0
  !uninstfinalize '${SIGN} "%1"' = 0
!endif

!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"
!insertmacro MUI_LANGUAGE "Japanese"

LangString PROGRAM ${LANG_ENGLISH} "Toile"
LangString PROGRAM ${LANG_SIMPCHINESE} "Toile"
LangString PROGRAM ${LANG_JAPANESE} "Toile"
LangString DESKTOP ${LANG_ENGLISH} "Shortcut on the desktop"
LangString DESKTOP ${LANG_SIMPCHINESE} "桌面快捷方式"
LangString DESKTOP ${LANG_JAPANESE} "デスクトップのショートカット"
LangString TOO_OLD ${LANG_ENGLISH} "Toile needs 64-bit Windows 10 or later."
LangString TOO_OLD ${LANG_SIMPCHINESE} "Toile 需要 64 位的 Windows 10 或更高版本。"
LangString TOO_OLD ${LANG_JAPANESE} "Toile には 64 ビット版の Windows 10 以降が必要です。"
LangString RUNNING ${LANG_ENGLISH} "Toile is running. Close it, then try again."
LangString RUNNING ${LANG_SIMPCHINESE} "Toile 正在运行。请先将其关闭，然后重试。"
LangString RUNNING ${LANG_JAPANESE} "Toile が実行中です。終了してから、もう一度お試しください。"
LangString FAILED ${LANG_ENGLISH} "Some files could not be written. Is there enough room on the disk?"
LangString FAILED ${LANG_SIMPCHINESE} "部分文件无法写入。磁盘空间是否足够？"
LangString FAILED ${LANG_JAPANESE} "書き込めないファイルがありました。ディスクに空きはありますか。"

; A running program keeps its file from being opened for writing.
!macro WAIT_UNTIL_CLOSED
  ${For} $R1 1 20
    ClearErrors
    ${If} ${FileExists} "$INSTDIR\$R0"
      FileOpen $0 "$INSTDIR\$R0" a
      ${IfNot} ${Errors}
        FileClose $0
        ${Break}
      ${EndIf}
    ${Else}
      ${Break}
    ${EndIf}
    ${If} ${Silent}
      SetErrorLevel 2
      Abort
    ${EndIf}
    MessageBox MB_RETRYCANCEL|MB_ICONINFORMATION "$(RUNNING)" /SD IDCANCEL IDRETRY +3
    SetErrorLevel 1
    Abort
  ${Next}
!macroend

; Only what an installer put there: a folder chosen by hand may hold other files.
!macro REMOVE_PROGRAM
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\Toile.exe"
  Delete "$INSTDIR\toile-cli.exe"
!macroend

Section "$(PROGRAM)" SECTION_PROGRAM
  SectionIn RO
  StrCpy $R0 "Toile.exe"
  !insertmacro WAIT_UNTIL_CLOSED
  StrCpy $R0 "toile-cli.exe"
  !insertmacro WAIT_UNTIL_CLOSED
  !insertmacro REMOVE_PROGRAM
  SetOutPath "$INSTDIR"
  ClearErrors
  File /r "${SOURCE}/*"
  ${If} ${Errors}
    MessageBox MB_OK|MB_ICONSTOP "$(FAILED)" /SD IDOK
    SetErrorLevel 2
    Abort
  ${EndIf}
  WriteUninstaller "$INSTDIR\Uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Toile.lnk" "$INSTDIR\Toile.exe"
  WriteRegStr HKCU "${KEY}" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "Toile"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\Toile.exe"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "The Toile authors"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\Uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\Uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" $0
SectionEnd

Section /o "$(DESKTOP)" SECTION_DESKTOP
  CreateShortcut "$DESKTOP\Toile.lnk" "$INSTDIR\Toile.exe"
SectionEnd

Function .onInit
  ${GetParameters} $R9
  ClearErrors
  ${GetOptions} $R9 "/LANG=" $0
  ${IfNot} ${Errors}
    StrCpy $LANGUAGE $0
  ${EndIf}
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin10}
    MessageBox MB_OK|MB_ICONSTOP "$(TOO_OLD)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  ${GetOptions} $R9 "/DESKTOP=" $0
  ${If} $0 == 1
    !insertmacro SelectSection ${SECTION_DESKTOP}
  ${EndIf}
  SetShellVarContext current
FunctionEnd

Section "Uninstall"
  SetShellVarContext current
  StrCpy $R0 "Toile.exe"
  !insertmacro WAIT_UNTIL_CLOSED
  StrCpy $R0 "toile-cli.exe"
  !insertmacro WAIT_UNTIL_CLOSED
  !insertmacro REMOVE_PROGRAM
  Delete "$INSTDIR\Uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Toile.lnk"
  Delete "$DESKTOP\Toile.lnk"
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
  DeleteRegKey HKCU "${KEY}"
SectionEnd

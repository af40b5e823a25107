; The installer for Windows: for one user without administrator's rights, or for
; all. It upgrades in place, refuses to put an older program over a newer one
; (the records might be of a version that the older cannot read), and
; leaves the records where they are when the program is removed.
;
; Silent: setup.exe /S [/CurrentUser | /AllUsers] [/D=C:\folder]
Target amd64-unicode
; A trial, which nobody downloads, is packed quickly.
!ifdef TRIAL
SetCompressor zlib
!else
SetCompressor /SOLID lzma
SetCompressorDictSize 64
!endif
SetDateSave on
ManifestDPIAware true

!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Sleutelbord"
!define MULTIUSER_EXECUTIONLEVEL Highest
!define MULTIUSER_MUI
!define MULTIUSER_INSTALLMODE_COMMANDLINE
!define MULTIUSER_USE_PROGRAMFILES64
!define MULTIUSER_INSTALLMODE_INSTDIR Sleutelbord
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_KEY "${KEY}"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_VALUENAME InstallLocation
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_KEY "${KEY}"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_VALUENAME InstallLocation
!include MultiUser.nsh
!include MUI2.nsh
!include WordFunc.nsh
!include FileFunc.nsh

Name Sleutelbord
OutFile "${OUT}"
BrandingText "Sleutelbord ${VERSION}"
!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\sleutelbord.exe"

VIProductVersion "${NUMBER}"
VIAddVersionKey ProductName Sleutelbord
VIAddVersionKey FileDescription "Sleutelbord setup"
VIAddVersionKey FileVersion "${NUMBER}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey LegalCopyright "The Sleutelbord authors, Apache-2.0"

!insertmacro MUI_PAGE_LICENSE "${STAGE}/LICENSE.txt"
!insertmacro MULTIUSER_PAGE_INSTALLMODE
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES

!insertmacro MUI_LANGUAGE English
!insertmacro MUI_LANGUAGE Dutch
!insertmacro MUI_LANGUAGE German
!insertmacro MUI_RESERVEFILE_LANGDLL

LangString older ${LANG_ENGLISH} "A newer Sleutelbord ($0) is installed. Its records may be of a version that ${VERSION} cannot read, so it is not replaced. To go back, remove it first; the records stay."
LangString older ${LANG_DUTCH} "Er is een nieuwere Sleutelbord ($0) geïnstalleerd. De gegevens daarvan kunnen van een versie zijn die ${VERSION} niet kan lezen, daarom wordt hij niet vervangen. Wilt u terug, verwijder hem dan eerst; de gegevens blijven staan."
LangString older ${LANG_GERMAN} "Ein neueres Sleutelbord ($0) ist installiert. Seine Daten können von einer Version sein, die ${VERSION} nicht lesen kann; deshalb wird es nicht ersetzt. Um zurückzugehen, entfernen Sie es zuerst; die Daten bleiben erhalten."
LangString running ${LANG_ENGLISH} "Sleutelbord is still running. Close its window, then go on."
LangString running ${LANG_DUTCH} "Sleutelbord is nog geopend. Sluit het venster en ga dan verder."
LangString running ${LANG_GERMAN} "Sleutelbord ist noch geöffnet. Schließen Sie das Fenster und fahren Sie dann fort."
LangString kept ${LANG_ENGLISH} "The records of your site stay in %LocalAppData%\sleutelbord. Erase them only when the site is no longer used: without them no tag can be revoked."
LangString kept ${LANG_DUTCH} "De gegevens van uw terrein blijven staan in %LocalAppData%\sleutelbord. Wis ze pas als het terrein niet meer wordt gebruikt: zonder deze gegevens kan geen tag worden ingetrokken."
LangString kept ${LANG_GERMAN} "Die Daten Ihres Geländes bleiben in %LocalAppData%\sleutelbord. Löschen Sie sie erst, wenn das Gelände nicht mehr benutzt wird: ohne sie lässt sich kein Anhänger sperren."

Function .onInit
  SetRegView 64
  !insertmacro MULTIUSER_INIT
  !insertmacro MUI_LANGDLL_DISPLAY
FunctionEnd

Function un.onInit
  SetRegView 64
  !insertmacro MULTIUSER_UNINIT
  !insertmacro MUI_UNGETLANGUAGE
FunctionEnd

; A program that runs cannot be replaced: its file says so.
!macro waitForEnd FILE
  ${Do}
    ${IfNot} ${FileExists} "${FILE}"
      ${ExitDo}
    ${EndIf}
    ClearErrors
    FileOpen $1 "${FILE}" a
    ${IfNot} ${Errors}
      FileClose $1
      ${ExitDo}
    ${EndIf}
    ${If} ${Cmd} `MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(running)" /SD IDCANCEL IDCANCEL`
      SetErrorLevel 4
      Abort "$(running)"
    ${EndIf}
  ${Loop}
!macroend

Section
  ReadRegStr $0 SHCTX "${KEY}" NumericVersion
  ${If} $0 != ""
    ${VersionCompare} "$0" "${NUMBER}" $1
    ${If} $1 == 1
      MessageBox MB_OK|MB_ICONSTOP "$(older)" /SD IDOK
      SetErrorLevel 3
      Abort "$(older)"
    ${EndIf}
  ${EndIf}
  !insertmacro waitForEnd "$INSTDIR\sleutelbord.exe"
  !insertmacro waitForEnd "$INSTDIR\sleutelbord.com"

  SetOutPath $INSTDIR
  File "${STAGE}/sleutelbord.exe"
  File "${STAGE}/sleutelbord.com"
  File "${STAGE}/LICENSE.txt"
  File "${STAGE}/notices.txt"
  File "${STAGE}/CHANGELOG.md"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Sleutelbord.lnk" "$INSTDIR\sleutelbord.exe"

  WriteRegStr SHCTX "${KEY}" DisplayName Sleutelbord
  WriteRegStr SHCTX "${KEY}" DisplayVersion "${VERSION}"
  WriteRegStr SHCTX "${KEY}" NumericVersion "${NUMBER}"
  WriteRegStr SHCTX "${KEY}" Publisher "The Sleutelbord authors"
  WriteRegStr SHCTX "${KEY}" DisplayIcon "$INSTDIR\sleutelbord.exe"
  WriteRegStr SHCTX "${KEY}" InstallLocation "$INSTDIR"
  WriteRegStr SHCTX "${KEY}" UninstallString '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode'
  WriteRegStr SHCTX "${KEY}" QuietUninstallString '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode /S'
  WriteRegDWORD SHCTX "${KEY}" NoModify 1
  WriteRegDWORD SHCTX "${KEY}" NoRepair 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  IntFmt $0 "0x%08X" $0
  WriteRegDWORD SHCTX "${KEY}" EstimatedSize "$0"
SectionEnd

Section Uninstall
  !insertmacro waitForEnd "$INSTDIR\sleutelbord.exe"
  !insertmacro waitForEnd "$INSTDIR\sleutelbord.com"
  Delete "$INSTDIR\sleutelbord.exe"
  Delete "$INSTDIR\sleutelbord.com"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\notices.txt"
  Delete "$INSTDIR\CHANGELOG.md"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Sleutelbord.lnk"
  DeleteRegKey SHCTX "${KEY}"
  MessageBox MB_OK|MB_ICONINFORMATION "$(kept)" /SD IDOK
SectionEnd
